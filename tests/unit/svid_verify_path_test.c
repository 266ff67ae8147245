/* SPDX-License-Identifier: Apache-2.0 */
/* Path validation (X509-SVID.md 5.1, RFC 5280 6), bundles and CRLs, keys. */
#include "../support/svid_scene.h"

#define DIRECT s->leaf_from = 'R', s->sent = ""
#define PARTNER s->leaf.san = "URI:spiffe://partner.example/api"
/* SPIRE's roots are all called the same. */
#define NAMESAKES s->second.subject = s->root.subject
#define WITHOUT_KEY_IDS \
	s->root.no_key_ids = s->second.no_key_ids = s->mid.no_key_ids = s->leaf.no_key_ids = true
#define KEYS(r, l) DIRECT, s->root.key = r, s->leaf.key = l

#define ROWS(X) \
	/* keys: leaf and root of one kind, and crossed */ \
	X(p256_is_accepted, KEYS(TEST_P256, TEST_P256), ERR_NONE, -1) \
	X(p384_is_accepted, KEYS(TEST_P384, TEST_P384), ERR_NONE, -1) \
	X(ed25519_is_accepted, KEYS(TEST_ED25519, TEST_ED25519), ERR_NONE, -1) \
	X(rsa_2048_is_accepted, KEYS(TEST_RSA2048, TEST_RSA2048), ERR_NONE, -1) \
	X(rsa_4096_is_accepted, KEYS(TEST_RSA4096, TEST_RSA4096), ERR_NONE, -1) \
	X(p521_is_accepted, KEYS(TEST_P521, TEST_P521), ERR_NONE, -1) \
	X(an_ecdsa_root_over_an_rsa_leaf_is_accepted, KEYS(TEST_P256, TEST_RSA2048), ERR_NONE, -1) \
	X(an_rsa_root_over_an_ecdsa_leaf_is_accepted, KEYS(TEST_RSA2048, TEST_P384), ERR_NONE, -1) \
	/* what OpenSSL takes at level 0 */ \
	X(a_leaf_with_rsa_1024_is_rejected, s->leaf.key = TEST_RSA1024, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(an_intermediate_with_rsa_1024_is_rejected, s->mid.key = TEST_RSA1024, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_root_with_rsa_1024_is_rejected, DIRECT; s->root.key = TEST_RSA1024, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_leaf_with_p192_is_rejected, s->leaf.key = TEST_P192, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_leaf_signed_with_sha1_is_rejected, s->leaf.md = "SHA1", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(an_intermediate_signed_with_sha1_is_rejected, s->mid.md = "SHA1", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_roots_own_signature_does_not_matter, s->root.md = "SHA1", ERR_NONE, -1) \
	/* RFC 5280 6.1.3 (a)(1): signatures */ \
	X(a_forged_leaf_signature_is_rejected, s->leaf.bad_signature = true, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_forged_intermediate_signature_is_rejected, s->mid.bad_signature = true, \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_unknown_root_is_rejected, s->bundle = "S", ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(an_unknown_root_that_was_sent_along_is_rejected, s->bundle = "S"; s->sent = "MR", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_missing_intermediate_is_rejected, s->sent = "", ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_self_signed_leaf_is_rejected, s->leaf_from = 'L'; s->sent = "", ERR_CERT_CHAIN, \
	  ALERT_unknown_ca) \
	X(the_leaf_and_the_root_may_be_sent_along, s->sent = "LMR", ERR_NONE, -1) \
	X(the_order_of_what_was_sent_does_not_matter, s->sent = "RSML", ERR_NONE, -1) \
	X(sixteen_certificates_may_be_sent, s->sent = "SSSSSSSSSSSSSSSM", ERR_NONE, -1) \
	X(seventeen_certificates_are_too_many, s->sent = "SSSSSSSSSSSSSSSSM", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	/* RFC 5280 6.1.3 (a)(2): validity at the time given */ \
	X(an_expired_leaf_is_rejected, s->leaf.not_after = TEST_NOW - 1, ERR_CERT_EXPIRED, \
	  ALERT_certificate_expired) \
	X(a_leaf_in_its_last_second_is_accepted, s->leaf.not_after = TEST_NOW + 1, ERR_NONE, -1) \
	X(an_expired_intermediate_is_rejected, s->mid.not_after = TEST_NOW - 1, ERR_CERT_EXPIRED, \
	  ALERT_certificate_expired) \
	X(an_expired_root_is_rejected, s->root.not_after = TEST_NOW - 1, ERR_CERT_EXPIRED, \
	  ALERT_certificate_expired) \
	X(time_goes_by, s->now_s = TEST_NOW + 31 * TEST_DAY, ERR_CERT_EXPIRED, \
	  ALERT_certificate_expired) \
	X(a_leaf_from_the_future_is_told_from_an_expired_one, s->leaf.not_before = TEST_NOW + 1, \
	  ERR_CERT_NOT_YET, ALERT_certificate_expired) \
	X(an_intermediate_from_the_future_is_told_too, s->mid.not_before = TEST_NOW + 60, \
	  ERR_CERT_NOT_YET, ALERT_certificate_expired) \
	X(a_clock_that_is_days_behind_is_told, s->now_s = TEST_NOW - 2 * TEST_DAY, \
	  ERR_CERT_NOT_YET, ALERT_certificate_expired) \
	X(a_leaf_in_its_first_second_is_accepted, s->leaf.not_before = TEST_NOW, ERR_NONE, -1) \
	/* several authorities of one name */ \
	X(of_two_namesakes_the_first_may_be_right, NAMESAKES; WITHOUT_KEY_IDS; s->bundle = "RS", \
	  ERR_NONE, -1) \
	X(of_two_namesakes_the_second_may_be_right, NAMESAKES; WITHOUT_KEY_IDS; s->bundle = "SR", \
	  ERR_NONE, -1) \
	X(of_two_namesakes_with_key_ids_the_second_may_be_right, NAMESAKES; s->bundle = "SR", \
	  ERR_NONE, -1) \
	X(the_wrong_namesake_alone_is_rejected, NAMESAKES; WITHOUT_KEY_IDS; s->bundle = "S", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(the_wrong_namesake_with_key_ids_is_rejected, NAMESAKES; s->bundle = "S", ERR_CERT_CHAIN, \
	  ALERT_unknown_ca) \
	X(a_root_that_is_the_intermediates_namesake_does_not_hide_it, \
	  s->second.subject = s->mid.subject; WITHOUT_KEY_IDS; s->bundle = "SR", ERR_NONE, -1) \
	X(an_intermediate_that_is_the_roots_namesake_is_found, s->mid.subject = s->root.subject, \
	  ERR_NONE, -1) \
	/* OpenSSL takes it for self-signed: a limit, but a closed one */ \
	X(the_roots_namesake_without_key_ids_fails_closed, s->mid.subject = s->root.subject; \
	  WITHOUT_KEY_IDS, ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_sent_namesake_of_the_intermediate_does_not_hide_it, \
	  s->second.subject = s->mid.subject; WITHOUT_KEY_IDS; s->sent = "SM", ERR_NONE, -1) \
	/* anchors that are not self-signed, and what is no anchor */ \
	X(an_intermediate_in_the_bundle_is_an_anchor, s->bundle = "M"; s->sent = "", ERR_NONE, -1) \
	X(an_intermediate_in_the_bundle_may_be_sent_too, s->bundle = "M", ERR_NONE, -1) \
	X(a_leaf_in_the_bundle_is_no_anchor, s->bundle = "L"; s->sent = "", ERR_CERT_CHAIN, \
	  ALERT_unknown_ca) \
	X(a_self_signed_leaf_in_the_bundle_is_no_anchor, s->leaf_from = 'L'; s->bundle = "RL"; \
	  s->sent = "", ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_leaf_in_the_bundle_does_not_condemn_the_rest, s->bundle = "LR", ERR_NONE, -1) \
	/* Workload API 4.6, Federation 7.3: the peer's own trust domain */ \
	X(a_federated_peer_is_accepted, PARTNER; s->bundle = "S"; s->partner = "R", ERR_NONE, -1) \
	X(without_a_bundle_there_is_no_trust, PARTNER, ERR_CERT_NO_BUNDLE, ALERT_unknown_ca) \
	X(our_own_authorities_do_not_vouch_for_a_partner, PARTNER; s->partner = "S", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_partners_authorities_do_not_vouch_for_us, s->bundle = "S"; s->partner = "R", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	/* Trust Domain and Bundle 4.1.3 */ \
	X(an_empty_bundle_distrusts_all, PARTNER; s->partner = "", ERR_CERT_CHAIN, \
	  ALERT_unknown_ca) \
	X(a_bundle_without_usable_authority_distrusts_all, PARTNER; s->partner = "L", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	/* X509-SVID.md 4.2 */ \
	X(a_name_constraint_that_permits_the_id_is_accepted, \
	  s->mid.names = "critical,permitted;URI:corp.local", ERR_NONE, -1) \
	X(a_name_constraint_that_does_not_permit_the_id_is_obeyed, \
	  s->mid.names = "critical,permitted;URI:other.example", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_name_constraint_that_excludes_the_id_is_obeyed, \
	  s->mid.names = "critical,excluded;URI:corp.local", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	/* RFC 5280 6.3, for issuers that have a CRL */ \
	X(a_revoked_leaf_is_rejected, s->crl_by = "M"; s->revoked = "L", ERR_CERT_REVOKED, \
	  ALERT_certificate_revoked) \
	X(a_revoked_intermediate_is_rejected, s->crl_by = "R"; s->revoked = "M", \
	  ERR_CERT_REVOKED, ALERT_certificate_revoked) \
	X(a_leaf_of_a_root_may_be_revoked, DIRECT; s->crl_by = "R"; s->revoked = "L", \
	  ERR_CERT_REVOKED, ALERT_certificate_revoked) \
	X(a_leaf_of_an_anchor_that_is_an_intermediate_may_be_revoked, s->bundle = "M"; \
	  s->crl_by = "M"; s->revoked = "L", ERR_CERT_REVOKED, ALERT_certificate_revoked) \
	X(a_crl_that_revokes_nobody_is_obeyed, s->crl_by = "MR"; s->revoked = "  ", ERR_NONE, -1) \
	X(a_crl_that_revokes_another_is_obeyed, s->crl_by = "R"; s->revoked = "L", ERR_NONE, -1) \
	X(a_crl_of_another_issuer_asks_nothing, s->crl_by = "S"; s->revoked = "L", ERR_NONE, -1) \
	X(a_namesakes_crl_does_not_revoke, NAMESAKES; WITHOUT_KEY_IDS; s->crl_by = "S"; \
	  s->revoked = "M", ERR_NONE, -1) \
	X(a_namesakes_crl_does_not_hide_the_right_one, NAMESAKES; WITHOUT_KEY_IDS; \
	  s->crl_by = "SR"; s->revoked = " M", ERR_CERT_REVOKED, ALERT_certificate_revoked) \
	X(an_expired_crl_fails_closed, s->crl_by = "M"; s->revoked = " "; \
	  s->crl_to = TEST_NOW - 1, ERR_CERT_CHAIN, ALERT_certificate_unknown) \
	X(a_crl_from_the_future_fails_closed, s->crl_by = "M"; s->revoked = " "; \
	  s->crl_from = TEST_NOW + 60, ERR_CERT_CHAIN, ALERT_certificate_unknown) \
	X(a_crl_of_an_issuer_that_may_not_sign_crls_fails_closed, s->crl_by = "M"; \
	  s->revoked = " "; s->mid.usage = "critical,keyCertSign", ERR_CERT_CHAIN, \
	  ALERT_certificate_unknown)

ROWS(SVID_SCENE_SPOIL)

int main(void)
{
	static const struct svid_scene_row rows[] = { ROWS(SVID_SCENE_ROW) };

	return svid_scene_run("path", rows, sizeof rows / sizeof *rows);
}
