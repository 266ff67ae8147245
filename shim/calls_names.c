/* SPDX-License-Identifier: Apache-2.0 */
/* What names resolve to in this process, so that rules can speak of names. */
#include <netdb.h>

#include "judge.h"
#include "shim.h"

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **res)
{
	int r;

	shim_up();
	r = real.getaddrinfo(node, service, hints, res);
	if (r == 0)
		judge_note_addrinfo(node, *res);
	return r;
}

EXPORT struct hostent *gethostbyname(const char *name)
{
	struct hostent *h;

	shim_up();
	h = real.gethostbyname(name);
	judge_note_hostent(name, h);
	return h;
}

EXPORT struct hostent *gethostbyname2(const char *name, int family)
{
	struct hostent *h;

	shim_up();
	h = real.gethostbyname2(name, family);
	judge_note_hostent(name, h);
	return h;
}

EXPORT int gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t len,
			   struct hostent **result, int *err)
{
	int r;

	shim_up();
	r = real.gethostbyname_r(name, ret, buf, len, result, err);
	if (r == 0)
		judge_note_hostent(name, *result);
	return r;
}

EXPORT int gethostbyname2_r(const char *name, int family, struct hostent *ret, char *buf,
			    size_t len, struct hostent **result, int *err)
{
	int r;

	shim_up();
	r = real.gethostbyname2_r(name, family, ret, buf, len, result, err);
	if (r == 0)
		judge_note_hostent(name, *result);
	return r;
}
