/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some programs take EAGAIN for an error once poll has told them to read (rsync, wrk).
 * What woke them may have been a part of a record or of the handshake. So a call that
 * does not wait waits a little for the rest, out of a budget of the process: it refills
 * slowly, and a peer that sends byte by byte uses it up and holds up nobody.
 */
#ifndef SVIDWRAP_SHIM_PATIENCE_H
#define SVIDWRAP_SHIM_PATIENCE_H

#include <stdbool.h>

/* True: there is more to read now. ctx: signal. */
bool patience_more(int fd);

#endif
