/* SPDX-License-Identifier: Apache-2.0 */
#include "pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLE_MAX (1 << 20)

char *path_join(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

struct result dir_make(const char *dir, struct err *reterr)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return FAIL_SYS(reterr, ERR_IO, errno,
				"cannot make folder %s: %s", dir,
				strerror(errno));
	return RESULT_OK;
}

static bool write_block(int fd, const char *label, struct bytes der)
{
	FILE *f = fdopen(fd, "w");
	bool ok;

	if (!f) {
		close(fd);
		return false;
	}
	ok = der.len == 0 ||
	     PEM_write(f, label, "", der.data, (long)der.len) > 0;
	return fclose(f) == 0 && ok;
}

struct result pem_write(const char *path, mode_t mode, const char *label,
			struct bytes der, struct err *reterr)
{
	AUTO_MALLOC char *tmp = NULL;
	int fd;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0) {
		tmp = NULL;
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	}
	fd = mkostemp(tmp, O_CLOEXEC); /* 0600 */
	if (fd < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "cannot write %s: %s",
				path, strerror(errno));
	errno = 0;
	if (fchmod(fd, mode) < 0 || !write_block(fd, label, der) ||
	    rename(tmp, path) < 0) {
		int e = errno;

		unlink(tmp);
		return FAIL_SYS(reterr, ERR_IO, e, "cannot write %s: %s", path,
				strerror(e));
	}
	return RESULT_OK;
}

/* Appends one certificate; 0 at the end, -1 on error. */
static int read_one(BIO *bio, uint8_t **der, size_t *len)
{
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint8_t *grown;
	uint8_t *at;
	int n;

	if (!cert) {
		bool end = ERR_GET_REASON(ERR_peek_last_error()) ==
			   PEM_R_NO_START_LINE;

		ERR_clear_error();
		return end ? 0 : -1;
	}
	n = i2d_X509(cert, NULL);
	grown = n > 0 && *len + (size_t)n <= BUNDLE_MAX
			? realloc(*der, *len + (size_t)n)
			: NULL;
	if (grown) {
		*der = grown;
		at = grown + *len;
		*len += (size_t)i2d_X509(cert, &at);
	}
	X509_free(cert);
	return grown ? 1 : -1;
}

struct result pem_read_bundle(const char *path, uint8_t **ret_der,
			      size_t *ret_len, struct err *reterr)
{
	BIO *bio = BIO_new_file(path, "r");
	AUTO_MALLOC uint8_t *der = NULL;
	size_t len = 0;
	int n;

	if (!bio) {
		ERR_clear_error();
		return FAIL_SYS(reterr, ERR_IO, errno, "cannot read %s: %s",
				path, strerror(errno));
	}
	while ((n = read_one(bio, &der, &len)) > 0)
		;
	BIO_free(bio);
	if (n < 0)
		return FAIL(reterr, ERR_PARSE,
			    "%s: a certificate cannot be read; it must be PEM",
			    path);
	if (len == 0)
		return FAIL(reterr, ERR_PARSE,
			    "%s holds no certificate; it must be PEM", path);
	*ret_der = STEAL(der);
	*ret_len = len;
	return RESULT_OK;
}
