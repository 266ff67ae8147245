/* SPDX-License-Identifier: Apache-2.0 */
/* A good X509SVIDResponse to spoil: two SVIDs of one trust domain, the first
 * under an intermediate, a CRL that revokes nobody. */
#ifndef SVIDWRAP_TESTS_SVID_MESSAGE_H
#define SVIDWRAP_TESTS_SVID_MESSAGE_H

#include "test_ca.h"

struct svid_message {
	struct svid_response in; /* points into the rest: do not move it */
	struct svid_der svids[2];
	struct bytes crls[1];
	struct federated_der federated[4];
	struct test_cert *root, *mid, *leaf, *other;
	struct bytes owned[16]; /* all that svid_message_clear frees */
	size_t n_owned;
};

void svid_message_init(struct svid_message *m);
/* With a leaf that is not quite right as the first SVID. */
void svid_message_init_leaf(struct svid_message *m, const struct test_spec *leaf);
/* td is borrowed, der as well. */
void svid_message_federate(struct svid_message *m, const char *td, struct bytes der);
/* m owns der from here on; returns it. */
struct bytes svid_message_own(struct svid_message *m, struct bytes der);
/* A copy of n bytes of `from`, then `extra`; owned by m. */
struct bytes svid_message_altered(struct svid_message *m, struct bytes from, size_t n,
				  const char *extra);
void svid_message_clear(struct svid_message *m);

#endif
