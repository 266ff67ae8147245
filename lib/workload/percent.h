/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3986 2.1: percent-encoding. ctx: signal. */
#ifndef SVIDWRAP_WORKLOAD_PERCENT_H
#define SVIDWRAP_WORKLOAD_PERCENT_H

static inline int percent_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that "%hl" stands for, or -1. */
static inline int percent_byte(char h, char l)
{
	int hi = percent_digit(h), lo = percent_digit(l);

	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

#endif
