/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TLS 1.3 mutual handshake over a socket, by OpenSSL, ended by taking both
 * application traffic secrets and freeing the SSL object. TLS 1.3 only, no
 * tickets, no resumption, no early data, no openssl.cnf, no atexit handlers.
 *
 * Authentication (chain, SVID rules, SPIFFE ID) happens inside, on both sides.
 * The client authorises inside as well (`authorise`), before its own certificate
 * leaves; the server's caller authorises after HS_DONE and answers with
 * access_denied from the record layer (which OpenSSL cannot send). What is
 * refused inside hears the exact alert of the error, under the client's handshake
 * key or the server's application key (which is then used up: nothing may be
 * sealed with it).
 */
#ifndef SVIDWRAP_TLS_HANDSHAKE_H
#define SVIDWRAP_TLS_HANDSHAKE_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "spiffe/svid_snapshot.h"
#include "tls/record.h"

struct handshake;
struct tls_context; /* OpenSSL contexts of one snapshot; counted */

/* Certificates, key and settings parsed once for each snapshot and role, then
 * shared by its handshakes. Takes its own reference to snap. errors: ERR_NOMEM,
 * ERR_TLS. */
struct result tls_context_new(struct svid_snapshot *snap,
			      struct tls_context **ret, struct err *reterr);
struct tls_context *tls_context_ref(struct tls_context *c);
struct tls_context *tls_context_unref(struct tls_context *c); /* takes NULL */
DEFINE_CLEANUP(tls_context, tls_context_unref)
const struct svid_snapshot *tls_context_snapshot(const struct tls_context *c);

struct handshake_config {
	struct tls_context *context;	/* the handshake takes its own reference */
	const struct sys *sys;		/* send, recv, wall_s are used */
	int fd;				/* borrowed; used with MSG_DONTWAIT and
					 * MSG_NOSIGNAL only */
	bool server;
	const char *sni;		/* client: host name, or NULL. Copied */
	/* client: may this server's ID be spoken to? NULL on a server. */
	bool (*authorise)(const void *ctx, const struct spiffe_id *peer);
	const void *ctx;
};

enum handshake_status {
	HS_WANT_READ,	/* call again when the socket is readable */
	HS_WANT_WRITE,	/* ... writable */
	HS_DONE,	/* handshake_take may be called, once */
	HS_FAILED,	/* an alert was sent if the protocol allows; see err.
			 * The caller closes as after any refusal: shut down
			 * writing, drain, so that no RST overtakes the alert */
};

/* What a finished handshake leaves behind. */
struct handshake_keys {
	enum tls_suite suite;
	uint8_t read_secret[SECRET_MAX];  /* cleanse after use */
	uint8_t write_secret[SECRET_MAX];
	size_t secret_len;
	size_t max_plaintext; /* 16384, or less if the peer negotiated
			       * max_fragment_length (RFC 6066 4) */
};

/* Also what failed handshakes know; fields are empty or 0 where unknown. */
struct handshake_peer {
	struct spiffe_id id;	/* id.len == 0: not known. After HS_FAILED it
				 * is a claim, not a proof, save with
				 * ERR_PEER_DENIED; not known when the peer
				 * says access_denied */
	char serial[SERIAL_HEX_MAX];
	int64_t not_after;
};

/* Moves no byte yet. errors: ERR_NOMEM. *ret is written on success only. */
struct result handshake_new(const struct handshake_config *cfg,
			    struct handshake **ret, struct err *reterr);
/* Cleanses and frees; sends nothing. Takes NULL. */
void handshake_free(struct handshake *h);
DEFINE_CLEANUP(handshake, handshake_free)

/* From here on through fd, another descriptor of the same socket: the one it began
 * with may be closed by now, and its number a stranger's. */
void handshake_use_fd(struct handshake *h, int fd);

/*
 * Goes on as far as it can without blocking. reterr is filled on HS_FAILED:
 * ERR_CERT_* (we refuse the peer), ERR_PEER_DENIED (client's authorise said no),
 * ERR_ALERT (the peer refused us; tls_alert), ERR_TRUNCATED (EOF), ERR_IO
 * (sys_errno), ERR_TLS. Reads no byte beyond the peer's Finished: what follows
 * stays in the kernel (asserted; a violation fails closed with ERR_TLS).
 * ctx: any, one thread at a time; errno is not preserved.
 */
enum handshake_status handshake_step(struct handshake *h, struct err *reterr);

/* Valid after HS_DONE or HS_FAILED; borrowed, lives as long as h. */
const struct handshake_peer *handshake_peer(const struct handshake *h);

/* Moves the keys out after HS_DONE. Both sequence numbers start at 0. */
struct result handshake_take(struct handshake *h, struct handshake_keys *ret,
			     struct err *reterr);

#endif
