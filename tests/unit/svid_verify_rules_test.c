/* SPDX-License-Identifier: Apache-2.0 */
/* What X509-SVID.md asks of a leaf and of its signers: one row, one rule. */
#include "../support/svid_scene.h"

#define DIRECT s->leaf_from = 'R', s->sent = ""

#define ROWS(X) \
	X(a_good_leaf_of_an_intermediate_is_accepted, (void)s, ERR_NONE, -1) \
	X(a_good_leaf_of_a_root_is_accepted, DIRECT, ERR_NONE, -1) \
	/* X509-SVID.md 2, 5.2: one URI SAN, others may stand beside it */ \
	X(other_san_types_may_stand_beside_the_id, \
	  s->leaf.san = "DNS:backend,IP:127.0.0.1,URI:" TEST_ID ",email:a@b.c", ERR_NONE, -1) \
	X(two_uri_sans_are_rejected, s->leaf.san = "URI:" TEST_ID ",URI:spiffe://corp.local/other", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_second_uri_that_is_no_spiffe_id_is_rejected, \
	  s->leaf.san = "URI:" TEST_ID ",URI:https://corp.local/", ERR_CERT_SVID, \
	  ALERT_bad_certificate) \
	X(the_same_uri_twice_is_rejected, s->leaf.san = "URI:" TEST_ID ",URI:" TEST_ID, \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_second_san_extension_is_rejected, s->leaf.second_san = "URI:" TEST_ID, ERR_CERT_SVID, \
	  ALERT_bad_certificate) \
	X(a_leaf_without_san_is_rejected, s->leaf.san = NULL, ERR_CERT_SVID, \
	  ALERT_unsupported_certificate) \
	X(a_leaf_without_uri_san_is_rejected, s->leaf.san = "DNS:backend.corp.local", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	/* SPIFFE-ID.md 2, 2.1, 2.2 in the SAN */ \
	X(a_uri_of_another_scheme_is_rejected, s->leaf.san = "URI:https://corp.local/backend", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_malformed_spiffe_id_is_rejected, s->leaf.san = "URI:spiffe://corp.local/a/../b", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_port_in_the_spiffe_id_is_rejected, s->leaf.san = "URI:spiffe://corp.local:1/a", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(percent_encoding_in_the_spiffe_id_is_rejected, s->leaf.san = "URI:spiffe://corp.local/%41", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(an_upper_case_trust_domain_is_the_same_trust_domain, \
	  s->leaf.san = "URI:SPIFFE://Corp.Local/backend", ERR_NONE, -1) /* SPIFFE-ID.md 2.4 */ \
	/* X509-SVID.md 3.1, 5.2: a non-root path */ \
	X(a_leaf_with_a_root_id_is_rejected, s->leaf.san = "URI:spiffe://corp.local", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_leaf_whose_path_is_a_slash_is_rejected, s->leaf.san = "URI:spiffe://corp.local/", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	/* X509-SVID.md 3.1, RFC 5280 4.1.2.6 */ \
	X(an_empty_subject_with_a_critical_san_is_accepted, s->leaf.subject = ""; \
	  s->leaf.san = "critical,URI:" TEST_ID, ERR_NONE, -1) \
	X(an_empty_subject_needs_a_critical_san, s->leaf.subject = "", ERR_CERT_SVID, \
	  ALERT_bad_certificate) \
	X(a_critical_san_beside_a_subject_is_accepted, s->leaf.san = "critical,URI:" TEST_ID, \
	  ERR_NONE, -1) \
	/* X509-SVID.md 3.2, 4.1, 5.2: signing certificates never authenticate */ \
	X(a_leaf_with_ca_true_is_rejected, s->leaf.basic = "critical,CA:TRUE", ERR_CERT_SVID, \
	  ALERT_unsupported_certificate) \
	X(an_intermediate_does_not_authenticate, s->peer = "M"; s->sent = "", ERR_CERT_SVID, \
	  ALERT_unsupported_certificate) \
	X(an_intermediate_with_a_path_does_not_authenticate, s->peer = "M"; s->sent = ""; \
	  s->mid.san = "URI:" TEST_ID, ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(a_root_of_the_bundle_does_not_authenticate, s->peer = "R"; s->sent = ""; \
	  s->root.san = "URI:" TEST_ID, ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(a_leaf_without_basic_constraints_is_accepted, s->leaf.basic = NULL, ERR_NONE, -1) \
	/* X509-SVID.md 4.3, the leaf */ \
	X(a_leaf_without_key_usage_is_rejected, s->leaf.usage = NULL, ERR_CERT_SVID, \
	  ALERT_unsupported_certificate) \
	X(a_leaf_whose_key_usage_is_not_critical_is_rejected, s->leaf.usage = "digitalSignature", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(a_leaf_without_digital_signature_is_rejected, s->leaf.usage = "critical,keyAgreement", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(a_leaf_with_key_cert_sign_is_rejected, \
	  s->leaf.usage = "critical,digitalSignature,keyCertSign", ERR_CERT_SVID, \
	  ALERT_unsupported_certificate) \
	X(a_leaf_with_crl_sign_is_rejected, s->leaf.usage = "critical,digitalSignature,cRLSign", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(key_encipherment_and_agreement_are_accepted, \
	  s->leaf.usage = "critical,digitalSignature,keyEncipherment,keyAgreement", ERR_NONE, -1) \
	/* X509-SVID.md 4.4 */ \
	X(a_leaf_without_eku_is_accepted, s->leaf.eku = NULL, ERR_NONE, -1) \
	X(a_critical_eku_is_accepted, s->leaf.eku = "critical,serverAuth,clientAuth", ERR_NONE, -1) \
	X(more_ekus_are_accepted, s->leaf.eku = "serverAuth,clientAuth,codeSigning", ERR_NONE, -1) \
	X(a_leaf_whose_eku_lacks_client_auth_is_rejected, s->leaf.eku = "serverAuth", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(a_leaf_whose_eku_lacks_server_auth_is_rejected, s->leaf.eku = "clientAuth", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(any_extended_key_usage_is_not_enough, s->leaf.eku = "anyExtendedKeyUsage", \
	  ERR_CERT_SVID, ALERT_unsupported_certificate) \
	X(an_intermediates_eku_does_not_bind_the_leaf, s->mid.eku = "serverAuth", ERR_NONE, -1) \
	X(a_roots_eku_does_not_bind_the_leaf, s->root.eku = "emailProtection", ERR_NONE, -1) \
	/* X509-SVID.md 4.1, signers */ \
	X(an_intermediate_with_ca_false_is_rejected, s->mid.basic = "critical,CA:FALSE", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_intermediate_without_basic_constraints_is_rejected, s->mid.basic = NULL, \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(a_root_with_ca_false_is_no_authority, DIRECT; s->root.basic = "critical,CA:FALSE", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_root_without_basic_constraints_is_no_authority, DIRECT; s->root.basic = NULL, \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_path_length_is_obeyed, s->root.basic = "critical,CA:TRUE,pathlen:0", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(a_path_length_that_suffices_is_accepted, s->mid.basic = "critical,CA:TRUE,pathlen:0", \
	  ERR_NONE, -1) \
	/* X509-SVID.md 4.3, signers */ \
	X(an_intermediate_without_key_usage_is_rejected, s->mid.usage = NULL, ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(an_intermediate_whose_key_usage_is_not_critical_is_rejected, s->mid.usage = "keyCertSign", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_intermediate_without_key_cert_sign_is_rejected, s->mid.usage = "critical,cRLSign", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_intermediate_without_crl_sign_is_accepted, s->mid.usage = "critical,keyCertSign", \
	  ERR_NONE, -1) \
	X(a_root_without_key_cert_sign_is_no_authority, DIRECT; \
	  s->root.usage = "critical,digitalSignature", ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(a_root_without_key_usage_is_an_authority, s->root.usage = NULL, ERR_NONE, -1) \
	/* X509-SVID.md 3.2, signers */ \
	X(an_intermediate_whose_id_has_a_path_is_rejected, s->mid.san = "URI:spiffe://corp.local/ca", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_intermediate_whose_id_is_malformed_is_rejected, s->mid.san = "URI:SPIFFE:corp.local", \
	  ERR_CERT_CHAIN, ALERT_bad_certificate) \
	X(an_intermediate_with_two_ids_is_rejected, \
	  s->mid.san = "URI:spiffe://corp.local,URI:spiffe://other.example", ERR_CERT_CHAIN, \
	  ALERT_bad_certificate) \
	X(an_intermediate_without_id_is_accepted, s->mid.san = NULL, ERR_NONE, -1) \
	X(an_intermediate_with_a_web_address_is_accepted, \
	  s->mid.san = "URI:https://ca.corp.local/,URI:spiffe://corp.local", ERR_NONE, -1) \
	X(an_intermediate_of_another_trust_domain_is_accepted, \
	  s->mid.san = "URI:spiffe://upstream.example", ERR_NONE, -1) \
	X(a_root_whose_id_has_a_path_is_no_authority, DIRECT; \
	  s->root.san = "URI:spiffe://corp.local/ca", ERR_CERT_CHAIN, ALERT_unknown_ca) \
	/* RFC 5280 4.2: malformed; critical and not understood */ \
	X(a_malformed_extension_of_the_leaf_is_rejected, s->leaf.basic = "critical,DER:0500", \
	  ERR_CERT_SVID, ALERT_bad_certificate) \
	X(a_malformed_extension_of_a_signer_is_rejected, s->mid.basic = "critical,DER:0500", \
	  ERR_CERT_CHAIN, ALERT_unknown_ca) \
	X(an_unknown_critical_extension_of_the_leaf_is_rejected, s->leaf.unknown_oid = "1.3.9999.1", \
	  ERR_CERT_CHAIN, ALERT_unsupported_certificate) \
	X(an_unknown_critical_extension_of_a_signer_is_rejected, s->mid.unknown_oid = "1.3.9999.1", \
	  ERR_CERT_CHAIN, ALERT_unsupported_certificate)

ROWS(SVID_SCENE_SPOIL)

int main(void)
{
	static const struct svid_scene_row rows[] = { ROWS(SVID_SCENE_ROW) };

	return svid_scene_run("rules", rows, sizeof rows / sizeof *rows);
}
