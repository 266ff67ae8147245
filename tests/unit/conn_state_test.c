/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/conn_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Every cell, written out: an edge added or lost must be said here too. */
static void each_cell_is_as_listed(void **unused)
{
	static const uint8_t want[CONN_STATES][CONN_EVENTS] = {
		/*                  TCP_UP      CLAIM           KEYS       FAIL         CLOSE */
		[CONN_BUG]        = { CONN_BUG,   CONN_BUG,       CONN_BUG,  CONN_BUG,    CONN_BUG },
		[CONN_CONNECTING] = { CONN_FRESH, CONN_BUG,       CONN_BUG,  CONN_FAILED, CONN_CLOSED },
		[CONN_FRESH]      = { CONN_BUG,   CONN_HANDSHAKE, CONN_BUG,  CONN_FAILED, CONN_CLOSED },
		[CONN_HANDSHAKE]  = { CONN_BUG,   CONN_BUG,       CONN_OPEN, CONN_FAILED, CONN_CLOSED },
		[CONN_OPEN]       = { CONN_BUG,   CONN_BUG,       CONN_BUG,  CONN_FAILED, CONN_CLOSED },
		[CONN_FAILED]     = { CONN_BUG,   CONN_BUG,       CONN_BUG,  CONN_FAILED, CONN_CLOSED },
		[CONN_CLOSED]     = { CONN_BUG,   CONN_BUG,       CONN_BUG,  CONN_BUG,    CONN_BUG },
	};

	for (int s = 0; s < CONN_STATES; s++)
		for (int e = 0; e < CONN_EVENTS; e++)
			assert_int_equal(conn_state_next(s, e), want[s][e]);
	assert_int_equal(conn_state_next(CONN_STATES, EV_CLOSE), CONN_BUG);
	assert_int_equal(conn_state_next(CONN_OPEN, CONN_EVENTS), CONN_BUG);
}

/* No state but the handshake leads to open: no byte moves without keys. */
static void only_keys_open(void **unused)
{
	for (int s = 0; s < CONN_STATES; s++)
		for (int e = 0; e < CONN_EVENTS; e++)
			if (conn_state_next(s, e) == CONN_OPEN) {
				assert_int_equal(s, CONN_HANDSHAKE);
				assert_int_equal(e, EV_KEYS);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_is_as_listed),
		cmocka_unit_test(only_keys_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
