/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector registers. Copying 16 bytes or more goes through them, and what was
 * copied last stays in them. It gets to memory, where nobody cleanses it, by a
 * signal's frame or by the first call of a function that is bound lazily, the
 * program's own too: the loader saves all registers on the stack meanwhile.
 */
#ifndef SVIDWRAP_BASE_REGISTERS_H
#define SVIDWRAP_BASE_REGISTERS_H

/* Zeroes all of them; every function may clobber them (the calling convention of
 * x86-64). To be called after secrets were copied. ctx: signal */
void registers_cleanse(void);

#endif
