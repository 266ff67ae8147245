/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One peer certificate in its surroundings: who issued it, what came with it,
 * what the bundles and CRLs hold. A row spoils one thing of a good scene and
 * says what must come of it.
 *
 * Certificates have letters: R and S two roots, M an intermediate, L the peer's
 * leaf. A list of certificates is a string of letters.
 */
#ifndef SVIDWRAP_TESTS_SVID_SCENE_H
#define SVIDWRAP_TESTS_SVID_SCENE_H

#include "spiffe/svid_verify.h"
#include "test_ca.h"
#include "tls/alert.h"

struct svid_scene {
	struct test_spec root, second, mid, leaf;
	char mid_from;		/* 'R' or 'S' */
	char leaf_from;		/* 'R', 'S', 'M', or 'L' for self-signed */
	const char *peer;	/* presented as leaf; one letter */
	const char *sent;	/* beside it */
	const char *bundle;	/* of TEST_TD, our own trust domain */
	const char *partner;	/* of partner.example; NULL: no such bundle */
	const char *crl_by;	/* a CRL of each of these ... */
	const char *revoked;	/* ... which revokes this one; ' ' is nobody */
	int64_t crl_from, crl_to;
	int64_t now_s;		/* at verification; the snapshot is of TEST_NOW */
};

struct svid_scene_row {
	const char *claim;
	void (*spoil)(struct svid_scene *s);
	enum err_class cls;
	int alert; /* -1 if accepted */
};

/* X(claim, what is spoilt, class, alert) to functions and to rows. */
#define SVID_SCENE_SPOIL(claim, code, ...) \
	static void claim(struct svid_scene *s) \
	{ \
		code; \
	}
#define SVID_SCENE_ROW(claim, code, cls, alert) { #claim, claim, cls, alert },

/* Runs each row as one cmocka test. Returns what main should. */
int svid_scene_run(const char *group, const struct svid_scene_row *rows, size_t n);

#endif
