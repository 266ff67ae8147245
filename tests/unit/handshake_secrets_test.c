/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the secrets in memory when a handshake is over. */
#include "tls/handshake.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/tls_peer.h"
#include "tls/key_schedule.h"
#include "tls/openssl_init.h"

#define MASK 0xa5
#define REGION_MAX (64UL << 20) /* larger ones are a sanitizer's shadow */
#define SPILL_SIZE (64UL << 10)
#define SPILLS_MAX 8
#define PIECE 16 /* a vector register's, where its halves are saved apart */

/* The bytes wanted are held masked, so that they are not found here. */
struct wanted {
	uint8_t masked[SECRET_MAX];
	size_t len;
};

__attribute__((no_sanitize("address"))) static bool
piece_is_at(const volatile uint8_t *p, const uint8_t *masked)
{
	size_t k = 0;

	while (k < PIECE && (p[k] ^ MASK) == masked[k])
		k++;
	return k == PIECE;
}

__attribute__((no_sanitize("address"), noinline)) static unsigned
count_in(const volatile uint8_t *p, size_t n, const struct wanted *w)
{
	unsigned found = 0;

	for (size_t i = 0; i + PIECE <= n; i++)
		for (size_t at = 0; at < w->len; at += PIECE)
			found += piece_is_at(p + i, w->masked + at);
	return found;
}

/* Copies in private writable memory: heap, freed or not, stacks, variables. */
static unsigned copies_of(const struct wanted *w)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	unsigned found = 0;
	char line[512], perms[5];

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx %4s", &from, &to, perms) == 3 &&
		    strcmp(perms, "rw-p") == 0 && to - from <= REGION_MAX)
			found += count_in((const volatile uint8_t *)from,
					  to - from, w);
	fclose(maps);
	return found;
}

/* Byte by byte: wider reads would leave copies in vector registers. */
static struct wanted mask(const volatile uint8_t *secret, size_t len)
{
	struct wanted w = { .len = len };

	for (size_t i = 0; i < len; i++)
		w.masked[i] = secret[i] ^ MASK;
	return w;
}

static void wipe(void *p, size_t n)
{
	volatile uint8_t *v = p;

	while (n--)
		*v++ = 0;
}

static void on_signal(int signo)
{
}

static void catch_signal(void)
{
	const struct sigaction act = { .sa_handler = on_signal,
				       .sa_flags = SA_ONSTACK };

	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
}

/* Makes the kernel write all registers to memory, as any signal does, and keeps
 * what it wrote: each call has a stack of its own. Nothing here may use a vector
 * register before that. */
static void spill_registers(void)
{
	static uint8_t stacks[SPILLS_MAX][SPILL_SIZE];
	static unsigned used;
	stack_t stack;

	stack.ss_flags = 0;
	stack.ss_size = SPILL_SIZE;
	stack.ss_sp = stacks[used++ % SPILLS_MAX];
	(void)sigaltstack(&stack, NULL);
	(void)kill(getpid(), SIGUSR1);
	assert_true(used <= SPILLS_MAX);
}

/* As the shim does it: the secrets become keys. */
static void make_keys(struct record_dir dir[2], const struct handshake_keys *k)
{
	struct result r;

	r = record_dir_init(&dir[0], k->suite, false, k->read_secret,
			    k->secret_len, NULL);
	spill_registers();
	assert_int_equal(r.cls, ERR_NONE);
	r = record_dir_init(&dir[1], k->suite, true, k->write_secret,
			    k->secret_len, NULL);
	spill_registers();
	assert_int_equal(r.cls, ERR_NONE);
}

/* Takes the keys of one end, and shows what is left in registers. */
static void take(struct handshake *h, struct handshake_keys *ret)
{
	struct result r = handshake_take(h, ret, NULL);

	spill_registers();
	assert_int_equal(r.cls, ERR_NONE);
}

static struct wanted traffic_key(const struct handshake_keys *k)
{
	const struct suite_info *suite = suite_info_get(k->suite);
	uint8_t key[TRAFFIC_KEY_MAX];
	struct wanted w;

	assert_int_equal(hkdf_expand_label(suite, k->write_secret, "key", key,
					   suite->key_len, NULL)
				 .cls,
			 ERR_NONE);
	w = mask(key, suite->key_len);
	wipe(key, sizeof key);
	return w;
}

static void no_copy_is_left_once_the_keys_are_taken(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);
	struct tls_end c = { 0 }, s = { 0 };
	struct wanted read, write, key;
	struct record_dir dir[2];
	struct handshake_keys k;
	struct tls_party us;
	int fd[2];

	catch_signal();
	tls_party_init(&us, &spec, TEST_P256);
	tls_socketpair(fd);
	c.ours = tls_ours(&us, fd[0], false);
	s.ours = tls_ours(&us, fd[1], true);
	tls_drive(&c, fd[0], &s, fd[1]);
	spill_registers();
	assert_true(c.done && s.done);
	take(s.ours, &k);
	wipe(&k, sizeof k);
	take(c.ours, &k);
	read = mask(k.read_secret, k.secret_len);
	write = mask(k.write_secret, k.secret_len);
	assert_true(copies_of(&read) > 0); /* k itself: the search works */
	make_keys(dir, &k);
	key = traffic_key(&k);
	wipe(&k, sizeof k);
	assert_true(copies_of(&write) > 0); /* kept for KeyUpdate */
	assert_true(copies_of(&key) > 0); /* the cipher's */
	record_dir_wipe(&dir[0]);
	record_dir_wipe(&dir[1]);
	assert_int_equal(copies_of(&read), 0);
	assert_int_equal(copies_of(&write), 0);
	assert_int_equal(copies_of(&key), 0);
	record_dir_clear(&dir[0]);
	record_dir_clear(&dir[1]);
	handshake_free(c.ours);
	handshake_free(s.ours);
	assert_int_equal(copies_of(&read), 0);
	tls_party_clear(&us);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_copy_is_left_once_the_keys_are_taken),
	};

	if (failed(openssl_init(NULL))) /* before anything of OpenSSL */
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
