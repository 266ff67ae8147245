/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides which errno a failure becomes: the one that a
 * network failure of the same kind would give. ctx: signal. */
#ifndef SVIDWRAP_SHIM_ERRNO_MAP_H
#define SVIDWRAP_SHIM_ERRNO_MAP_H

#include "base/err.h"

/* For read, write and their kin on a connection. */
int errno_of_stream(enum err_class cls, int sys_errno);
/* For connect, or the SO_ERROR that stands for it. */
int errno_of_connect(enum err_class cls, int sys_errno);

#endif
