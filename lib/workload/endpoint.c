/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "workload/percent.h"

/* RFC 3986 2.1: undoes %XX. Returns the length, or -1: a bad escape, a NUL
 * byte, or more than cap - 1 bytes. */
static int unescape(const char *in, char *out, size_t cap)
{
	size_t n = 0;

	for (; *in; in++) {
		int c = (unsigned char)*in;

		if (c == '%') {
			/* A string that ends here ends in a NUL: no digit. */
			c = in[1] ? percent_byte(in[1], in[2]) : -1;
			if (c <= 0)
				return -1;
			in += 2;
		}
		if (n + 1 >= cap)
			return -1;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return (int)n;
}

/* SPIFFE_Workload_Endpoint.md 4: no authority, an absolute path, no more. */
static struct result parse_unix(const char *rest, struct endpoint *ep,
				struct err *reterr)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&ep->sa;
	int len;

	if (strncmp(rest, "//", 2) == 0) {
		rest += 2;
		if (rest[0] != '/' && rest[0] != '\0')
			return FAIL(reterr, ERR_PARSE,
				    "unix endpoint '%s' has an authority; an absolute path needs three slashes: unix:///path",
				    ep->text);
	}
	if (rest[0] != '/')
		return FAIL(reterr, ERR_PARSE,
			    "unix endpoint '%s' has no absolute path", ep->text);
	if (strpbrk(rest, "?#"))
		return FAIL(reterr, ERR_PARSE,
			    "unix endpoint '%s' has a query or a fragment", ep->text);
	len = unescape(rest, un->sun_path, sizeof un->sun_path);
	if (len < 0)
		return FAIL(reterr, ERR_PARSE,
			    "unix endpoint '%s': bad %%-escape, or more than %zu bytes of path",
			    ep->text, sizeof un->sun_path - 1);
	if (un->sun_path[len - 1] == '/')
		return FAIL(reterr, ERR_PARSE,
			    "unix endpoint '%s' names a directory", ep->text);
	un->sun_family = AF_UNIX;
	ep->sa_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len + 1);
	return RESULT_OK;
}

/* 1 to 65535 in at most five digits; 0 if it is anything else. */
static uint16_t parse_port(const char *s)
{
	unsigned long port = 0;

	for (int i = 0; s[i]; i++) {
		if (s[i] < '0' || s[i] > '9' || i == 5)
			return 0;
		port = port * 10 + (unsigned long)(s[i] - '0');
	}
	return port > UINT16_MAX ? 0 : (uint16_t)port;
}

static bool set_ip(struct endpoint *ep, const char *host, bool v6, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&ep->sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ep->sa;

	if (v6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		ep->sa_len = sizeof *in6;
		return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
	}
	in4->sin_family = AF_INET;
	in4->sin_port = htons(port);
	ep->sa_len = sizeof *in4;
	return inet_pton(AF_INET, host, &in4->sin_addr) == 1;
}

/* SPIFFE_Workload_Endpoint.md 4: an IP address and a port, no more. */
static struct result parse_tcp(const char *rest, struct endpoint *ep,
			       struct err *reterr)
{
	char host[INET6_ADDRSTRLEN];
	const char *end, *colon;
	uint16_t port;
	bool v6;

	if (strncmp(rest, "//", 2) != 0)
		return FAIL(reterr, ERR_PARSE,
			    "tcp endpoint '%s' is not tcp://IP:port", ep->text);
	rest += 2;
	if (strpbrk(rest, "/?#@"))
		return FAIL(reterr, ERR_PARSE,
			    "tcp endpoint '%s' has more than an IP address and a port",
			    ep->text);
	v6 = rest[0] == '[';
	rest += v6;
	end = strchr(rest, v6 ? ']' : ':');
	colon = end ? end + v6 : NULL;
	if (!colon || *colon != ':' || (port = parse_port(colon + 1)) == 0)
		return FAIL(reterr, ERR_PARSE,
			    "tcp endpoint '%s' has no valid port", ep->text);
	if ((size_t)(end - rest) >= sizeof host)
		return FAIL(reterr, ERR_PARSE,
			    "tcp endpoint '%s': the host is no IP address", ep->text);
	memcpy(host, rest, (size_t)(end - rest));
	host[end - rest] = '\0';
	if (!set_ip(ep, host, v6, port))
		return FAIL(reterr, ERR_PARSE,
			    "tcp endpoint '%s': the host is no IP address", ep->text);
	return RESULT_OK;
}

static const struct {
	const char *scheme;
	struct result (*parse)(const char *rest, struct endpoint *ep,
			       struct err *reterr);
} schemes[] = {
	{ "unix:", parse_unix },
	{ "tcp:", parse_tcp },
};

struct result endpoint_parse(const char *uri, struct endpoint *ret,
			     struct err *reterr)
{
	struct endpoint ep = { 0 };
	size_t len = uri ? strnlen(uri, sizeof ep.text) : 0;

	if (len == 0)
		return FAIL(reterr, ERR_PARSE, "the endpoint is empty");
	if (len == sizeof ep.text)
		return FAIL(reterr, ERR_PARSE,
			    "the endpoint has more than %zu bytes", sizeof ep.text - 1);
	/* RFC 3986 2: a URI is printable ASCII without spaces. Checked first, so
	 * that every message that quotes it is one line. */
	for (size_t i = 0; i < len; i++)
		if (uri[i] <= ' ' || uri[i] > '~')
			return FAIL(reterr, ERR_PARSE,
				    "endpoint, byte %zu: not a URI character", i);
	memcpy(ep.text, uri, len + 1);
	/* RFC 3986 3.1: the scheme's case does not matter. */
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i].scheme);
		struct result r;

		if (strncasecmp(uri, schemes[i].scheme, n) != 0)
			continue;
		r = schemes[i].parse(uri + n, &ep, reterr);
		if (!failed(r))
			*ret = ep;
		return r;
	}
	return FAIL(reterr, ERR_PARSE,
		    "endpoint '%s' is neither unix:///path nor tcp://IP:port", ep.text);
}
