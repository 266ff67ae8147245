/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a SPIFFE ID and as a trust domain. What is accepted must be
 * within SPIFFE-ID.md 2 to 2.3, normal, and read again as itself. */
#include "spiffe/spiffe_id.h"

#include <stdlib.h>
#include <string.h>

/* tests/fuzz/neg_spiffe_id_fuzz.c forgets a byte here. */
#ifndef ALLOWED_IN_PATH
#define ALLOWED_IN_PATH \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/"
#endif
#define ALLOWED_IN_TRUST_DOMAIN "abcdefghijklmnopqrstuvwxyz0123456789.-_"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_id(const struct spiffe_id *id, size_t size)
{
	const char *path = spiffe_id_path(id);
	char td[TRUST_DOMAIN_MAX + 1];
	struct spiffe_id again = { 0 };

	require(id->len == size && strlen(id->uri) == size && size <= SPIFFE_ID_MAX);
	spiffe_id_trust_domain(id, td);
	require(td[0] && strspn(td, ALLOWED_IN_TRUST_DOMAIN) == strlen(td));
	require(strspn(path, ALLOWED_IN_PATH) == strlen(path));
	require(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"));
	require(!*path || path[strlen(path) - 1] != '/');
	require(spiffe_id_in_trust_domain(id, td));
	require(!failed(spiffe_id_parse(id->uri, id->len, &again, NULL)));
	require(spiffe_id_equal(id, &again) && strcmp(id->uri, again.uri) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spiffe_id id = { 0 };
	struct err err = { 0 };
	char td[TRUST_DOMAIN_MAX + 1];

	if (failed(spiffe_id_parse((const char *)data, size, &id, &err)))
		require(err.cls == ERR_PARSE && err.text[0] && id.len == 0);
	else
		check_id(&id, size);
	if (!failed(trust_domain_parse((const char *)data, size, td, &err)))
		require(strlen(td) == size && strspn(td, ALLOWED_IN_TRUST_DOMAIN) == size);
	return 0;
}
