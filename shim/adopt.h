/* SPDX-License-Identifier: Apache-2.0 */
/* What the image before this one handed over (handover.h). */
#ifndef SVIDWRAP_SHIM_ADOPT_H
#define SVIDWRAP_SHIM_ADOPT_H

/* In the constructor, before there are threads. */
void adopt(void);

#endif
