/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_reader.h"

static void client(int port)
{
	int fd = write_and_tell(port);

	close(fd);
}

CLAIM(slow_reader, client)
