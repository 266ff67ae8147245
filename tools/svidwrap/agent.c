/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

bool agent_address(const struct command *self, const char *option,
		   const struct policy *p, struct endpoint *ret,
		   const char **ret_from)
{
	const char *policys = p ? policy_workload_api(p) : NULL;
	const char *env = getenv("SPIFFE_ENDPOINT_SOCKET");
	const char *text = option, *from = "--agent";
	struct err why;

	/* Two different answers to "who issues my identity" are an error, not a
	 * matter of precedence. */
	if (option && policys && strcmp(option, policys) != 0) {
		say(self, "--agent %s: %s says workload_api: %s; drop one of "
			  "the two", option, policy_name(p), policys);
		return false;
	}
	if (!text && policys) {
		text = policys;
		from = "workload_api";
	}
	if (!text && env && *env) {
		text = env;
		from = "SPIFFE_ENDPOINT_SOCKET";
	}
	*ret_from = text ? from : NULL;
	if (!text)
		return true;
	/* SPIFFE_Workload_Endpoint.md 4 */
	if (failed(endpoint_parse(text, ret, &why))) {
		say(self, "%s: %s: %s; write unix:///absolute/path or "
			  "tcp://IP:port", from, text, why.text);
		return false;
	}
	return true;
}
