/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "pem.h"

static void log_issue(const struct svid *s)
{
	char until[32];
	time_t t = (time_t)s->not_after;
	struct tm tm;

	strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	log_line("issued %s serial=%s not_after=%s%s", s->id.uri, s->serial_hex,
		 until, s->faults ? " (with faults)" : "");
}

static struct result remember_revoked(struct issuer *is, const struct svid *s,
				      struct err *reterr)
{
	void *grown = reallocarray(is->revoked, is->n_revoked + 1,
				   sizeof *is->revoked);

	if (!grown)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	is->revoked = grown;
	memcpy(is->revoked[is->n_revoked++], s->serial, sizeof s->serial);
	return RESULT_OK;
}

static struct result issue(struct issuer *is, const struct spiffe_id *id,
			   struct svid *ret, struct err *reterr)
{
	const struct svid_order order = {
		.id = id,
		.ca = is->ca,
		.foreign = is->foreign,
		.now_s = time(NULL),
		.ttl_s = is->opt->ttl_ms / 1000,
		.faults = fault_mask(&is->opt->faults, id),
	};
	struct svid s;
	struct result r = svid_issue(&order, &s, reterr);

	if (failed(r))
		return r;
	if (order.faults & FAULT_CRL)
		r = remember_revoked(is, &s, reterr);
	if (failed(r)) {
		svid_clear(&s);
		return r;
	}
	log_issue(&s);
	*ret = s;
	return RESULT_OK;
}

static struct result renew_crl(struct issuer *is, struct err *reterr)
{
	uint8_t *der = NULL;
	size_t len = 0;
	struct result r;

	if (is->n_revoked == 0)
		return RESULT_OK;
	r = ca_crl(is->ca, (const uint8_t(*)[16])is->revoked, is->n_revoked,
		   time(NULL), &der, &len, reterr);
	if (failed(r))
		return r;
	OPENSSL_free(is->crl);
	is->crl = der;
	is->crl_len = len;
	return r;
}

static void svids_free(struct svid *svids, size_t n)
{
	for (size_t i = 0; svids && i < n; i++)
		svid_clear(&svids[i]);
	free(svids);
}

struct result issuer_renew(struct issuer *is, struct err *reterr)
{
	size_t n = is->opt->n_entries;
	struct svid *fresh = calloc(n + 1, sizeof *fresh);
	struct result r = fresh ? RESULT_OK
				: FAIL(reterr, ERR_NOMEM, "out of memory");

	for (size_t i = 0; i < n && !failed(r); i++)
		r = issue(is, &is->opt->entries[i].id, &fresh[i], reterr);
	if (!failed(r))
		r = renew_crl(is, reterr);
	if (failed(r)) {
		svids_free(fresh, n);
		return r;
	}
	svids_free(is->svids, n);
	is->svids = fresh;
	return r;
}

static struct result write_file(const char *dir, const char *name, mode_t mode,
				const char *label, struct bytes der,
				struct err *reterr)
{
	AUTO_MALLOC char *path = path_join(dir, name);

	return path ? pem_write(path, mode, label, der, reterr)
		    : FAIL(reterr, ERR_NOMEM, "out of memory");
}

/* --issue: the files hold what the message would. */
static struct result issue_to_dir(struct issuer *is, const struct issue *what,
				  struct err *reterr)
{
	struct svid s = { 0 };
	struct bytes bundle = ca_bundle(is->ca);
	struct result r = dir_make(what->dir, reterr);

	if (!failed(r))
		r = issue(is, &what->id, &s, reterr);
	if (s.faults & FAULT_NO_BUNDLE)
		bundle.len = 0;
	if (!failed(r))
		r = write_file(what->dir, "svid.pem", 0644, "CERTIFICATE",
			       (struct bytes){ s.chain, s.chain_len }, reterr);
	if (!failed(r))
		r = write_file(what->dir, "key.pem", 0600, "PRIVATE KEY",
			       (struct bytes){ s.key, s.key_len }, reterr);
	if (!failed(r))
		r = write_file(what->dir, "bundle.pem", 0644, "CERTIFICATE",
			       bundle, reterr);
	svid_clear(&s);
	return r;
}

static struct result read_federated(struct issuer *is, struct err *reterr)
{
	const struct options *o = is->opt;
	struct result r = RESULT_OK;

	is->federated = calloc(o->n_federations + 1, sizeof *is->federated);
	if (!is->federated)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < o->n_federations && !failed(r); i++) {
		struct foreign_bundle *f = &is->federated[i];

		snprintf(f->key, sizeof f->key, "spiffe://%s",
			 o->federations[i].trust_domain);
		r = pem_read_bundle(o->federations[i].path, &f->der, &f->len,
				    reterr);
		is->n_federated = i + 1;
	}
	return r;
}

static struct result make_authorities(struct issuer *is, struct err *reterr)
{
	const struct options *o = is->opt;
	struct result r = o->ca_dir ? ca_open(o->ca_dir, o->trust_domain, &is->ca, reterr)
				    : ca_new(o->trust_domain, &is->ca, reterr);

	if (!failed(r))
		r = ca_new(o->trust_domain, &is->foreign, reterr);
	if (!failed(r) && o->bundle_out)
		r = pem_write(o->bundle_out, 0644, "CERTIFICATE",
			      ca_bundle(is->ca), reterr);
	return r;
}

struct result issuer_new(const struct options *opt, struct issuer **ret,
			 struct err *reterr)
{
	AUTO_FREE(issuer) is = calloc(1, sizeof *is);
	struct result r;

	if (!is)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	is->opt = opt;
	r = make_authorities(is, reterr);
	if (!failed(r))
		r = read_federated(is, reterr);
	for (size_t i = 0; i < opt->n_issues && !failed(r); i++)
		r = issue_to_dir(is, &opt->issues[i], reterr);
	if (!failed(r))
		r = issuer_renew(is, reterr);
	if (!failed(r))
		*ret = STEAL(is);
	return r;
}

void issuer_free(struct issuer *is)
{
	if (!is)
		return;
	svids_free(is->svids, is->opt->n_entries);
	for (size_t i = 0; i < is->n_federated; i++)
		free(is->federated[i].der);
	free(is->federated);
	free(is->revoked);
	OPENSSL_free(is->crl);
	ca_free(is->foreign);
	ca_free(is->ca);
	free(is);
}
