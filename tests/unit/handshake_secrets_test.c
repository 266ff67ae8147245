/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of the secrets in memory when a handshake is over. */
#include "tls/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/tls_peer.h"
#include "tls/openssl_init.h"

#define MASK 0xa5
#define REGION_MAX (64UL << 20) /* larger ones are a sanitizer's shadow */

/* The bytes wanted are held masked, so that they are not found here. */
struct wanted {
	uint8_t masked[32];
};

__attribute__((no_sanitize("address"), noinline)) static unsigned
count_in(const volatile uint8_t *p, size_t n, const struct wanted *w)
{
	unsigned found = 0;

	for (size_t i = 0; i + sizeof w->masked <= n; i++) {
		size_t k = 0;

		while (k < sizeof w->masked &&
		       (p[i + k] ^ MASK) == w->masked[k])
			k++;
		found += k == sizeof w->masked;
	}
	return found;
}

/* Copies in private writable memory: heap, freed or not, and stacks. */
static unsigned copies_of(const struct wanted *w)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to, offset, inode;
	unsigned found = 0;
	char line[512], perms[5], dev[16];

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx %4s %lx %15s %lu", &from, &to, perms,
			   &offset, dev, &inode) == 6 &&
		    strcmp(perms, "rw-p") == 0 && inode == 0 &&
		    to - from <= REGION_MAX)
			found += count_in((const volatile uint8_t *)from,
					  to - from, w);
	fclose(maps);
	return found;
}

static struct wanted mask(const uint8_t *secret)
{
	struct wanted w;

	for (size_t i = 0; i < sizeof w.masked; i++)
		w.masked[i] = secret[i] ^ MASK;
	return w;
}

static void wipe(void *p, size_t n)
{
	volatile uint8_t *v = p;

	while (n--)
		*v++ = 0;
}

static void no_copy_is_left_once_the_keys_are_taken(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);
	struct tls_end c = { 0 }, s = { 0 };
	struct wanted read, write;
	struct handshake_keys k;
	struct tls_party us;
	int fd[2];

	tls_party_init(&us, &spec, TEST_P256);
	tls_socketpair(fd);
	c.ours = tls_ours(&us, fd[0], false);
	s.ours = tls_ours(&us, fd[1], true);
	tls_drive(&c, fd[0], &s, fd[1]);
	assert_true(c.done && s.done);
	assert_int_equal(handshake_take(s.ours, &k, NULL).cls, ERR_NONE);
	wipe(&k, sizeof k);
	assert_int_equal(handshake_take(c.ours, &k, NULL).cls, ERR_NONE);
	read = mask(k.read_secret);
	write = mask(k.write_secret);
	assert_true(copies_of(&read) > 0); /* k itself: the search works */
	wipe(&k, sizeof k);
	assert_int_equal(copies_of(&read), 0);
	assert_int_equal(copies_of(&write), 0);
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
