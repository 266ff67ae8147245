/* SPDX-License-Identifier: Apache-2.0 */
/* "ADDRESS:PORT" of a rule, and the addresses it is held against. */
#ifndef SVIDWRAP_POLICY_ADDRESS_PATTERN_H
#define SVIDWRAP_POLICY_ADDRESS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "policy/arena.h"
#include "policy/policy_diag.h"

#define HOST_NAME_MAX_LEN 253 /* bytes; RFC 1123 2.1, RFC 1035 2.3.4 */
#define DNS_PORT 53

/* An IPv4 address is held as its IPv4-mapped form (RFC 4291 2.5.5.2): so a
 * socket's two ways to say one address are one. */
struct net_address {
	uint8_t ip[16];
	uint16_t port; /* host order */
};

/* false: neither AF_INET nor AF_INET6. sa may be unaligned. ctx: signal. */
bool net_address_from(const struct sockaddr *sa, struct net_address *ret);
bool net_address_is_v4(const struct net_address *a);
/* 0.0.0.0 or :: */
bool net_address_is_wildcard(const struct net_address *a);

/* Linux connects 0.0.0.0 and :: to this machine, so that is what they become:
 * what holds for 127.0.0.1 and ::1 must hold there too. */
void net_address_to_destination(struct net_address *a);

enum address_kind { ADDRESS_ANY, ADDRESS_NET, ADDRESS_HOST };

struct address_pattern {
	enum address_kind kind;
	uint8_t prefix;             /* bits of ip that count; 128: one address */
	uint8_t ip[16];             /* as in net_address */
	uint16_t port_lo, port_hi;  /* 1 to 65535: any */
	const char *host;           /* lower case, no trailing dot; borrowed */
};

/*
 * text: *, IPv4, [IPv6], CIDR or, if names are allowed, a host name; a colon;
 * a port, a range or *. host is taken from a. errors: ERR_PARSE (c filled),
 * ERR_NOMEM.
 */
struct result address_pattern_parse(const char *text, size_t len, bool names_allowed,
				    struct arena *a, struct address_pattern *ret,
				    struct complaint *c);

/* Port 53 is in no pattern, even in `*`: it is DNS's. ctx: signal. */
bool address_pattern_has_port(const struct address_pattern *p, uint16_t port);
/* The address alone; never true for a host. IPv4 is in no IPv6 net. ctx: signal. */
bool address_pattern_has_ip(const struct address_pattern *p, const struct net_address *a);
bool address_pattern_is_v4(const struct address_pattern *p); /* of ADDRESS_NET */
/* Does a hold all that b holds? */
bool address_pattern_covers(const struct address_pattern *a, const struct address_pattern *b);

/* Lower case, without one trailing dot. false: longer than a name can be.
 * ret: HOST_NAME_MAX_LEN + 1 bytes. ctx: signal. */
bool host_name_normalise(const char *host, char *ret);

#endif
