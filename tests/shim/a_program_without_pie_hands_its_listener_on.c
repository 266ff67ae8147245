/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Debian's python3 is such a program: no distance between its addresses and its file's. */
#include "a_listener_survives_exec.c"
