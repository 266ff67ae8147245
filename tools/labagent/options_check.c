/* SPDX-License-Identifier: Apache-2.0 */
/* What no option can know by itself. */
#include <string.h>

#include "options.h"

static struct result check_domain(const struct spiffe_id *id, const char *option,
				  const struct options *o, struct err *reterr)
{
	if (!spiffe_id_in_trust_domain(id, o->trust_domain))
		return FAIL(reterr, ERR_PARSE,
			    "%s %.256s: not in trust domain %s; an agent serves one",
			    option, id->uri, o->trust_domain);
	/* X509-SVID.md 3.1: a workload's ID has a path. */
	if (!*spiffe_id_path(id))
		return FAIL(reterr, ERR_PARSE,
			    "%s %.256s: a workload's ID needs a path, such as %.128s/web",
			    option, id->uri, id->uri);
	return RESULT_OK;
}

struct result options_check(const struct options *o, struct err *reterr)
{
	struct result r = RESULT_OK;

	if (!*o->trust_domain)
		return FAIL(reterr, ERR_PARSE,
			    "--trust-domain is missing; write --trust-domain corp.local");
	if (!o->has_listen && !o->n_issues && !o->bundle_out && !o->ca_dir)
		return FAIL(reterr, ERR_PARSE,
			    "there is nothing to do; write --listen unix:///PATH, or --issue ID=DIR");
	for (size_t i = 0; i < o->n_entries && !failed(r); i++)
		r = check_domain(&o->entries[i].id, "--entry", o, reterr);
	for (size_t i = 0; i < o->n_issues && !failed(r); i++)
		r = check_domain(&o->issues[i].id, "--issue", o, reterr);
	for (size_t i = 0; i < o->n_federations && !failed(r); i++)
		if (strcmp(o->federations[i].trust_domain, o->trust_domain) == 0)
			r = FAIL(reterr, ERR_PARSE,
				 "--federate %s: that is the agent's own trust domain",
				 o->trust_domain);
	return r;
}
