/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define THREADS 24
#define ROUNDS 30

static int the_port;

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		read_exactly(fd, i * 3000, 3000);
		write_all(fd, i * 3000, 3000);
	}
	expect_eof(fd);
	close(fd);
	return NULL;
}

static void *ask(void *arg)
{
	int fd = dial(the_port);

	for (uint64_t i = 0; i < ROUNDS; i++) {
		write_all(fd, i * 3000, 3000);
		read_exactly(fd, i * 3000, 3000);
	}
	close(fd);
	return NULL;
}

static void join_all(pthread_t t[THREADS])
{
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}

static void server(int port)
{
	int listener = listen_on(port);
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++) {
		intptr_t fd = accept_one(listener);
		CHECK(pthread_create(&t[i], NULL, serve, (void *)fd) == 0);
	}
	join_all(t);
}

static void client(int port)
{
	pthread_t t[THREADS];

	the_port = port;
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&t[i], NULL, ask, NULL) == 0);
	join_all(t);
}

CLAIM(server, client)
