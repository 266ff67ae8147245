/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/alert.h"

const char *tls_alert_name(int number)
{
	switch (number) {
#define X(name, value) \
	case value: \
		return #name;
	TLS_ALERTS(X)
#undef X
	}
	return "unknown alert";
}

bool tls_alert_parse(const uint8_t *content, size_t len,
		     struct alert_received *ret)
{
	/* RFC 8446 5.1: alerts are not fragmented, one a record. */
	if (len != ALERT_LEN)
		return false;
	ret->number = content[1];
	/* RFC 8446 6: the level is ignored; all but two alerts are fatal, those
	 * we do not know as well. */
	if (ret->number == ALERT_close_notify)
		ret->kind = ALERT_KIND_CLOSE;
	else if (ret->number == ALERT_user_canceled)
		ret->kind = ALERT_KIND_IGNORED;
	else
		ret->kind = ALERT_KIND_FATAL;
	return true;
}

void tls_alert_build(int number, uint8_t ret[ALERT_LEN])
{
	/* RFC 8446 6.1, 6.2 */
	ret[0] = number == ALERT_close_notify || number == ALERT_user_canceled ?
			 ALERT_LEVEL_WARNING :
			 ALERT_LEVEL_FATAL;
	ret[1] = (uint8_t)number;
}
