/* SPDX-License-Identifier: Apache-2.0 */
/* The system that lib/ is handed inside a program: libc's real functions. */
#ifndef SVIDWRAP_SHIM_SHIM_SYS_H
#define SVIDWRAP_SHIM_SHIM_SYS_H

#include "base/sys.h"

extern const struct sys shim_sys;

#endif
