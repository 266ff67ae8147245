/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for a policy's text before it is read as YAML. */
#ifndef SVIDWRAP_POLICY_POLICY_TEXT_H
#define SVIDWRAP_POLICY_POLICY_TEXT_H

#include "policy/policy_diag.h"

/* Size, UTF-8, control characters, YAML directives, emptiness. errors:
 * ERR_PARSE (diag filled). */
struct result text_check(const struct source *src, struct policy_diag *diag,
			 struct err *reterr);

/* The byte at a line and a column (in characters), both from 1 on; clamped to
 * the text. */
size_t source_offset(const struct source *src, size_t line, size_t column);

#endif
