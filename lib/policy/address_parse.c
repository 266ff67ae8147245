/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "policy/address_pattern.h"

#define SHAPE "ADDRESS:PORT, such as \"*:8443\", \"10.0.0.0/8:443\", \"[fd00::1]:443\""

/* A piece of the value. */
struct piece {
	const char *s;
	size_t len;
	size_t at; /* byte in the value */
};

#define SHOW(p) ((p).len < 80 ? (int)(p).len : 80), (p).s

static bool is(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.s, word, p.len) == 0;
}

static bool only(struct piece p, const char *set)
{
	for (size_t i = 0; i < p.len; i++)
		if (p.s[i] == 0 || !strchr(set, p.s[i]))
			return false;
	return p.len > 0;
}

/* A decimal number without sign or leading zero; -1 if it is none or > max. */
static long number(struct piece p, long max)
{
	long n = 0;

	if (!only(p, "0123456789") || (p.len > 1 && p.s[0] == '0'))
		return -1;
	for (size_t i = 0; i < p.len; i++) {
		n = n * 10 + (p.s[i] - '0');
		if (n > max)
			return -1;
	}
	return n;
}

static struct result parse_ports(struct piece p, struct address_pattern *ret, struct complaint *c)
{
	const char *dash = memchr(p.s, '-', p.len);
	struct piece lo = p, hi = p;
	long from, to;

	if (is(p, "*")) {
		ret->port_lo = 1;
		ret->port_hi = UINT16_MAX;
		return RESULT_OK;
	}
	if (dash) {
		lo.len = (size_t)(dash - p.s);
		hi = (struct piece){ dash + 1, p.len - lo.len - 1, p.at + lo.len + 1 };
	}
	from = number(lo, UINT16_MAX);
	to = number(hi, UINT16_MAX);
	if (from < 1 || to < 1)
		return complain(c, from < 1 ? lo.at : hi.at, "a number from 1 to 65535, a range like 8000-8999, or *",
				"%.*s is no port", SHOW(p));
	if (from > to)
		return complain(c, p.at, "the lower port first", "the range %.*s is empty", SHOW(p));
	if (from <= DNS_PORT && DNS_PORT <= to)
		return complain(c, p.at, "another port: DNS would break", "port 53 cannot be in a rule");
	ret->port_lo = (uint16_t)from;
	ret->port_hi = (uint16_t)to;
	return RESULT_OK;
}

/* Clears what is behind the prefix; was there anything? */
static bool clear_host_bits(uint8_t *ip, unsigned prefix)
{
	bool any = false;

	for (unsigned bit = prefix; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		any |= ip[bit / 8] & mask;
		ip[bit / 8] &= (uint8_t)~mask;
	}
	return any;
}

static void show_net(const struct address_pattern *p, char *buf, size_t cap)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	if (address_pattern_is_v4(p)) {
		inet_ntop(AF_INET, p->ip + 12, ip, sizeof ip);
		snprintf(buf, cap, "%s/%d", ip, p->prefix - 96);
	} else {
		inet_ntop(AF_INET6, p->ip, ip, sizeof ip);
		snprintf(buf, cap, "[%s/%d]", ip, p->prefix);
	}
}

/* ret->ip is set; net is what follows the slash, or NULL. */
static struct result parse_prefix(struct piece addr, const char *slash, unsigned shift,
				  struct address_pattern *ret, struct complaint *c)
{
	struct net_address whole = { 0 };
	char want[64];

	ret->kind = ADDRESS_NET;
	ret->prefix = 128;
	if (slash) {
		size_t used = (size_t)(slash + 1 - addr.s);
		struct piece p = { slash + 1, addr.len - used, addr.at + used };
		long bits = number(p, 128 - shift);

		if (bits < 0) {
			snprintf(want, sizeof want, "a number from 0 to %u", 128 - shift);
			return complain(c, p.at, want, "%.*s is no prefix length", SHOW(p));
		}
		ret->prefix = (uint8_t)(bits + shift);
	}
	memcpy(whole.ip, ret->ip, 16);
	if (!slash && net_address_is_wildcard(&whole))
		return complain(c, addr.at, "* for any address, 127.0.0.1 or [::1] for this machine",
				"%.*s is the address of nobody", SHOW(addr));
	if (!clear_host_bits(ret->ip, ret->prefix))
		return RESULT_OK;
	show_net(ret, want, sizeof want);
	return complain(c, addr.at, want, "%.*s has bits set behind its prefix", SHOW(addr));
}

/* family AF_INET or AF_INET6. */
static struct result parse_ip(struct piece addr, int family, struct address_pattern *ret,
			      struct complaint *c)
{
	const char *slash = memchr(addr.s, '/', addr.len);
	size_t len = slash ? (size_t)(slash - addr.s) : addr.len;
	char buf[INET6_ADDRSTRLEN + 1] = "";
	unsigned shift = family == AF_INET ? 96 : 0;

	if (len < sizeof buf)
		memcpy(buf, addr.s, len);
	if (memchr(addr.s, '%', len))
		return complain(c, addr.at, "the address without %zone", "%.*s names a zone", SHOW(addr));
	if (inet_pton(family, buf, ret->ip + shift / 8) != 1)
		return complain(c, addr.at, family == AF_INET ? "four numbers from 0 to 255 without leading zeros" :
				"an IPv6 address in the brackets", "%.*s is no %s address", SHOW(addr),
				family == AF_INET ? "IPv4" : "IPv6");
	if (family == AF_INET)
		memset(ret->ip + 10, 0xff, 2);
	return parse_prefix(addr, slash, shift, ret, c);
}

/* RFC 1123 2.1, RFC 952: letters, digits and hyphens, no hyphen at an end. */
static struct result check_label(struct piece host, struct piece label, struct complaint *c)
{
	if (label.len == 0)
		return complain(c, label.at, "a name like ledger.corp.local", "%.*s has an empty label", SHOW(host));
	if (label.len > 63)
		return complain(c, label.at, "at most 63", "a label of %zu bytes is no part of a host name", label.len);
	for (size_t i = 0; i < label.len; i++) {
		bool hyphen = label.s[i] == '-';

		if (label.s[i] == '*')
			return complain(c, label.at + i, "the name itself; a lone * is any address",
					"a host name has no wildcards");
		if (label.s[i] == 0 || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", label.s[i]) ||
		    (hyphen && (i == 0 || i == label.len - 1)))
			return complain(c, label.at + i,
					(unsigned char)label.s[i] >= 0x80 ? "the name's xn-- form" :
					"letters, digits and inner hyphens between dots",
					"%.*s is no host name", SHOW(host));
	}
	return RESULT_OK;
}

/* The resolver takes 256.1.1.1 or 0x7f.1 for addresses, or for nothing. */
static bool looks_numeric(struct piece label)
{
	if (label.len >= 2 && label.s[0] == '0' && (label.s[1] | 32) == 'x') {
		label.s += 2;
		label.len -= 2;
		return label.len == 0 || only(label, "0123456789abcdefABCDEF");
	}
	return only(label, "0123456789");
}

static struct result parse_host(struct piece host, struct arena *a, struct address_pattern *ret,
				struct complaint *c)
{
	size_t len = host.len > 1 && host.s[host.len - 1] == '.' ? host.len - 1 : host.len;
	struct piece label = { host.s, 0, host.at };
	char name[HOST_NAME_MAX_LEN + 2] = "";

	if (len > HOST_NAME_MAX_LEN)
		return complain(c, host.at, "at most 253", "a host name of %zu bytes", len);
	for (size_t i = 0; i <= len; i++) {
		struct result r;

		if (i < len && host.s[i] != '.') {
			label.len++;
			continue;
		}
		r = check_label(host, label, c);
		if (failed(r))
			return r;
		if (i == len && looks_numeric(label))
			return complain(c, host.at, "an IPv4 address or a name whose last label is no number",
					"%.*s is neither an address nor a name", SHOW(host));
		label = (struct piece){ host.s + i + 1, 0, host.at + i + 1 };
	}
	memcpy(name, host.s, len);
	host_name_normalise(name, name);
	ret->kind = ADDRESS_HOST;
	ret->host = arena_strndup(a, name, len);
	return ret->host ? RESULT_OK : (struct result){ ERR_NOMEM };
}

static struct result parse_address(struct piece addr, bool names_allowed, struct arena *a,
				   struct address_pattern *ret, struct complaint *c)
{
	if (is(addr, "*")) {
		ret->kind = ADDRESS_ANY;
		return RESULT_OK;
	}
	if (addr.len == 0 || is(addr, "[]"))
		return complain(c, addr.at, SHAPE, "no address before the port");
	if (addr.s[0] == '[')
		return parse_ip((struct piece){ addr.s + 1, addr.len - 2, addr.at + 1 }, AF_INET6, ret, c);
	if (memchr(addr.s, ':', addr.len))
		return complain(c, addr.at, "\"[fd00::1]:443\"", "an IPv6 address stands in brackets");
	if (memchr(addr.s, '/', addr.len) || only(addr, "0123456789."))
		return parse_ip(addr, AF_INET, ret, c);
	if (!names_allowed)
		return complain(c, addr.at, "*, an address or a network of this machine",
				"accept takes no host name: %.*s", SHOW(addr));
	return parse_host(addr, a, ret, c);
}

/* Where the colon before the port is; len if there is none. */
static size_t find_colon(const char *text, size_t len)
{
	const char *close = len && text[0] == '[' ? memchr(text, ']', len) : NULL;
	const char *colon;

	if (len && text[0] == '[')
		return close && close + 1 < text + len && close[1] == ':' ? (size_t)(close + 1 - text) : len;
	colon = memrchr(text, ':', len);
	return colon ? (size_t)(colon - text) : len;
}

struct result address_pattern_parse(const char *text, size_t len, bool names_allowed, struct arena *a,
				    struct address_pattern *ret, struct complaint *c)
{
	size_t colon = find_colon(text, len);
	struct address_pattern p = { 0 };
	struct result r;

	if (colon == len)
		return complain(c, 0, SHAPE, "no port");
	r = parse_ports((struct piece){ text + colon + 1, len - colon - 1, colon + 1 }, &p, c);
	if (!failed(r))
		r = parse_address((struct piece){ text, colon, 0 }, names_allowed, a, &p, c);
	if (!failed(r))
		*ret = p;
	return r;
}
