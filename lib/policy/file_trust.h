/* SPDX-License-Identifier: Apache-2.0 */
/* Whether nobody but root and ourselves could have written a file. */
#ifndef SVIDWRAP_POLICY_FILE_TRUST_H
#define SVIDWRAP_POLICY_FILE_TRUST_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/sys.h"

/*
 * Walks from / (or the working directory) to path as the kernel does, symbolic
 * links too. Each directory on the way belongs to root or to owner and is not
 * writable by group or others unless it is sticky; each link and the file belong
 * to root or to owner; the file is not writable by group or others, regular, and
 * the one that opened (from fstat) describes. errors: ERR_FILE_TRUST, ERR_IO.
 */
struct result file_trust_check(const char *path, const struct stat *opened, uid_t owner,
			       struct err *reterr);

/*
 * Opens path once, checks it and reads at most max + 1 bytes, so that the caller
 * sees what is too long. *ret: NUL-terminated, free() it. errors: ERR_IO,
 * ERR_FILE_TRUST, ERR_NOMEM.
 */
struct result file_trust_read(const struct sys *sys, const char *path, size_t max, char **ret,
			      size_t *ret_len, struct err *reterr);

#endif
