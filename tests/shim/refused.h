/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that a managed socket does not carry: they fail with an errno, not a
 * byte of theirs reaches the wire (run.sh looks for stream.h's marker in what the
 * relay kept), and the connection goes on as if they had not been made.
 */
#ifndef SVIDWRAP_TESTS_SHIM_REFUSED_H
#define SVIDWRAP_TESTS_SHIM_REFUSED_H

#include "stream.h"

enum refused_errno {
#define REFUSAL(id, call, error, reason) REFUSED_##id = error,
#include "../../shim/refusals.def"
#undef REFUSAL
};

/* The call fails with the errno that the shim's table has for `id`. */
#define REFUSED(id, call)                                        \
	do {                                                     \
		errno = 0;                                       \
		long ret_ = (long)(call);                        \
		show(#id, ret_);                                 \
		CHECK(ret_ == -1 && errno == (int)REFUSED_##id); \
	} while (0)

static inline void go_on_server(int fd)
{
	greet_client(fd);
	read_exactly(fd, 0, 5000);
	write_all(fd, 0, 5000);
	expect_eof(fd);
}

static inline void go_on_client(int fd)
{
	write_all(fd, 0, 5000);
	read_exactly(fd, 0, 5000);
	close(fd);
}

static inline void refused_server(int port)
{
	go_on_server(serve_one(port));
}

#endif
