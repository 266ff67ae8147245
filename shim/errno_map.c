/* SPDX-License-Identifier: Apache-2.0 */
#include "errno_map.h"

#include <errno.h>

/* No default: -Wswitch names a class that was forgotten. */
int errno_of_stream(enum err_class cls, int sys_errno)
{
	switch (cls) {
	case ERR_NONE:
		return 0;
	case ERR_NOMEM:
		return ENOMEM;
	case ERR_IO:
		return sys_errno ? sys_errno : EIO;
	case ERR_TIMEOUT:
	case ERR_AGENT_UNAVAILABLE:
	case ERR_AGENT_DENIED:
	case ERR_AGENT_FINAL:
	case ERR_NO_IDENTITY:
		return ETIMEDOUT;
	case ERR_RULE_DENIED:
	case ERR_PARSE:
	case ERR_FILE_TRUST:
		return EACCES;
	case ERR_UNSUPPORTED:
		return EOPNOTSUPP;
	case ERR_CERT_MISSING:
	case ERR_CERT_CHAIN:
	case ERR_CERT_EXPIRED:
	case ERR_CERT_NOT_YET:
	case ERR_CERT_REVOKED:
	case ERR_CERT_SVID:
	case ERR_CERT_NO_BUNDLE:
	case ERR_PEER_DENIED:
	case ERR_TLS:
	case ERR_ALERT:
	case ERR_RECORD_MAC:
	case ERR_RECORD_OVERFLOW:
	case ERR_RECORD_UNEXPECTED:
	case ERR_KEY_LIMIT:
	case ERR_TRUNCATED:
	case ERR_POISONED:
		return ECONNRESET;
	}
	return ECONNRESET;
}

int errno_of_connect(enum err_class cls, int sys_errno)
{
	int e = errno_of_stream(cls, sys_errno);

	/* Nobody acceptable is listening there. */
	return e == ECONNRESET ? ECONNREFUSED : e;
}
