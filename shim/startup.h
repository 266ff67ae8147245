/* SPDX-License-Identifier: Apache-2.0 */
/* `svidwrap run --wait`: no main before there is an identity. */
#ifndef SVIDWRAP_SHIM_STARTUP_H
#define SVIDWRAP_SHIM_STARTUP_H

/* Waits as long as $SVIDWRAP_WAIT says (milliseconds), if the policy enforces
 * anything. Says on standard error what it waits for; without an identity at the
 * end the process exits with 125. From the constructor only. */
void startup_wait(void);

#endif
