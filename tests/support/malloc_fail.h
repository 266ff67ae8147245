/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the n-th allocation from now on (and all later ones) fail. */
#ifndef SVIDWRAP_TESTS_MALLOC_FAIL_H
#define SVIDWRAP_TESTS_MALLOC_FAIL_H

#include <stdbool.h>

/* n = 0: the next one fails. */
void malloc_fail_at(unsigned n);
/* Ends it. Did an allocation fail since malloc_fail_at? */
bool malloc_fail_hit(void);

#endif
