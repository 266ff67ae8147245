/* SPDX-License-Identifier: Apache-2.0 */
/* A server whose threads open and close connections; what it does meanwhile, again and again,
 * is once(). */
#ifndef SVIDWRAP_TESTS_SHIM_CHURN_H
#define SVIDWRAP_TESTS_SHIM_CHURN_H

#include <stdatomic.h>

#include "claim.h"

#define THREADS 4
#define ROUNDS 120

static void once(void);

static int listener, port_number;
static _Atomic int running = THREADS;

static void *serve(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		close(fd);
	}
	atomic_fetch_sub(&running, 1);
	return NULL;
}

static void *ask(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = dial(port_number);
		greet_server(fd);
		expect_eof(fd);
		close(fd);
	}
	return NULL;
}

static void all(void *(*body)(void *), pthread_t thread[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&thread[i], NULL, body, NULL) == 0);
}

static void join_all(const pthread_t thread[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
}

static inline void churn_server(int port)
{
	pthread_t thread[THREADS];

	listener = listen_on(port);
	all(serve, thread);
	while (atomic_load(&running))
		once();
	join_all(thread);
}

static inline void churn_client(int port)
{
	pthread_t thread[THREADS];

	port_number = port;
	all(ask, thread);
	join_all(thread);
}

#endif
