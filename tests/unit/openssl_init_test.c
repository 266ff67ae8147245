/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/openssl_init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

/* Does a fresh process that uses OpenSSL open its configuration file? */
static bool opens_config(bool init)
{
	char path[] = "/tmp/openssl_init_test.XXXXXX", event[512];
	int file = mkstemp(path), watch = inotify_init1(IN_NONBLOCK);
	bool opened;
	int status;
	pid_t pid;

	assert_true(file >= 0 && watch >= 0);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	pid = fork();
	if (pid == 0) {
		setenv("OPENSSL_CONF", path, 1);
		if (init && failed(openssl_init(NULL)))
			_exit(1);
		EVP_PKEY_free(EVP_EC_gen("P-256"));
		SSL_CTX_free(SSL_CTX_new(TLS_method()));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	opened = read(watch, event, sizeof event) > 0;
	close(watch);
	close(file);
	unlink(path);
	return opened;
}

static void openssl_cnf_is_not_read(void **unused)
{
	assert_true(opens_config(false)); /* the watch works */
	assert_false(opens_config(true));
}

static void it_may_be_called_again(void **unused)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
}

static void the_allocator_keeps_contents_and_sizes(void **unused)
{
	uint8_t *p = OPENSSL_malloc(10), *q;

	memset(p, 7, 10);
	q = OPENSSL_realloc(p, 5000);
	for (int i = 0; i < 10; i++)
		assert_int_equal(q[i], 7);
	memset(q, 8, 5000);
	p = OPENSSL_realloc(q, 3);
	assert_int_equal(p[2], 8);
	assert_null(OPENSSL_realloc(p, 0));
	assert_null(OPENSSL_malloc(SIZE_MAX));
	assert_null(OPENSSL_malloc(SIZE_MAX - 8));
	assert_int_equal((uintptr_t)(p = OPENSSL_malloc(1)) %
				 _Alignof(max_align_t), 0);
	OPENSSL_free(p);
	OPENSSL_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: its children need a process that never used OpenSSL */
		cmocka_unit_test(openssl_cnf_is_not_read),
		cmocka_unit_test(it_may_be_called_again),
		cmocka_unit_test(the_allocator_keeps_contents_and_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
