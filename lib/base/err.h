/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as values. A function that can fail returns `struct result`, which
 * the compiler does not let a caller ignore, and fills a caller-owned `struct
 * err` on failure only. Nothing here allocates, logs or touches errno.
 * ctx: signal.
 */
#ifndef SVIDWRAP_BASE_ERR_H
#define SVIDWRAP_BASE_ERR_H

/* class, what it means. shim/errno_map.c turns classes into errno values. */
#define ERR_CLASSES(X) \
	X(ERR_NONE, "success") \
	X(ERR_NOMEM, "out of memory") \
	X(ERR_IO, "a system call failed") \
	X(ERR_TIMEOUT, "timed out") \
	X(ERR_PARSE, "malformed input") \
	X(ERR_FILE_TRUST, "a file that others could change is not trusted") \
	X(ERR_UNSUPPORTED, "not supported") \
	X(ERR_AGENT_UNAVAILABLE, "the agent cannot be reached") \
	X(ERR_AGENT_DENIED, "the agent denied an identity") \
	X(ERR_AGENT_FINAL, "the agent refused the request for good") \
	X(ERR_NO_IDENTITY, "no usable SVID") \
	X(ERR_CERT_MISSING, "the peer sent no certificate") \
	X(ERR_CERT_CHAIN, "the peer's chain does not verify") \
	X(ERR_CERT_EXPIRED, "the peer's certificate has expired") \
	X(ERR_CERT_NOT_YET, "the peer's certificate is not valid yet") \
	X(ERR_CERT_REVOKED, "the peer's certificate was revoked") \
	X(ERR_CERT_SVID, "the peer's certificate is no X.509-SVID") \
	X(ERR_CERT_NO_BUNDLE, "no bundle for the peer's trust domain") \
	X(ERR_PEER_DENIED, "the peer's SPIFFE ID is not in the rule") \
	X(ERR_RULE_DENIED, "the policy denies the connection") \
	X(ERR_TLS, "TLS protocol failure") \
	X(ERR_ALERT, "the peer sent a fatal alert") \
	X(ERR_RECORD_MAC, "a record did not authenticate") \
	X(ERR_RECORD_OVERFLOW, "a record is too long") \
	X(ERR_RECORD_UNEXPECTED, "an unexpected or malformed record") \
	X(ERR_KEY_LIMIT, "the key's usage limit is reached") \
	X(ERR_TRUNCATED, "the stream ended without close_notify") \
	X(ERR_POISONED, "a process died while it used the connection")

enum err_class {
#define X(cls, text) cls,
	ERR_CLASSES(X)
#undef X
};

struct [[nodiscard]] result {
	enum err_class cls;
};

#define ERR_TEXT_MAX 512

/* Why something failed. Zero-initialise; valid only after a failure. */
struct err {
	enum err_class cls;
	int sys_errno;        /* of the failed system call; 0 if none */
	int tls_alert;        /* the alert sent or received; -1 if none */
	const char *file;     /* where in svidwrap's source */
	int line;
	char text[ERR_TEXT_MAX]; /* one line unless the class is ERR_PARSE of
				  * a policy; no trailing newline */
};

#define RESULT_OK ((struct result){ ERR_NONE })

/* Fills *reterr (may be NULL) and is the result to return. printf-like. */
#define FAIL(reterr, cls, ...) \
	err_fill((reterr), (cls), 0, __FILE__, __LINE__, __VA_ARGS__)
/* The same for a failed system call: `sys` is its errno. */
#define FAIL_SYS(reterr, cls, sys, ...) \
	err_fill((reterr), (cls), (sys), __FILE__, __LINE__, __VA_ARGS__)

struct result err_fill(struct err *reterr, enum err_class cls, int sys_errno,
		       const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

static inline int failed(struct result r)
{
	return r.cls != ERR_NONE;
}

/* "ERR_PARSE" and "malformed input". Never NULL. */
const char *err_class_name(enum err_class cls);
const char *err_class_text(enum err_class cls);

#endif
