/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_reader.h"

static void client(int port)
{
	write_and_tell(port);
	quick_exit(0);
}

CLAIM(slow_reader, client)
