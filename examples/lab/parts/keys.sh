# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Part 2 of the scenario, its second step: there is no baked-in key.
title "4. No key in the image, none in the environment"
note "Every file of the image is searched for a private key; then, to see that the search finds one, the backend while it" \
	"runs: its SVID's key is there, in memory."
record keys-image "docker run --rm --network none $LAB_IMAGE find-keys.sh /" \
	docker run --rm --network none "$LAB_IMAGE" find-keys.sh /
own_keys() { sed 1d "$out/$1.txt" | grep -v "(public: of Debian's package"; }
claim "no file of the image holds a private key (but for a self-test's in a Debian package)" [ -z "$(own_keys keys-image)" ]
record keys-history "docker history --no-trunc $LAB_IMAGE | grep -ciE 'private key|token|spiffe://'" \
	sh -c "docker history --no-trunc $LAB_IMAGE | grep -ciE 'private key|token|spiffe://'"
claim "the image's history does not name a key, a token or an ID" has keys-history 0
at keys-backend backend find-keys.sh /
claim "the running backend has its key in /run/svid, and nowhere else" [ "$(own_keys keys-backend)" = /run/svid/svid.0.key ]
at keys-tmpfs backend df -t tmpfs /run/svid
claim "/run/svid is memory (tmpfs)" has keys-tmpfs /run/svid
record keys-export "docker export BACKEND | tar -t | grep -c svid.0.key" \
	sh -c "docker export $(container backend) | tar -t | grep -c svid.0.key"
claim "an export of the running backend holds no key" has keys-export 0

note "The environment of every container, and the agent's whole description (a join token has the form of a UUID):"
environments() {
	local service
	for service in spire-server spire-agent backend ledger client rogue; do
		docker inspect -f "$service {{join .Config.Env \" \"}}" "$(container $service)" | sed 's/ *PATH=[^ ]*//'
	done
}
record keys-env "docker inspect -f '{{join .Config.Env \" \"}}' ..." environments
claim "no environment holds a key or a certificate" lacks keys-env -----BEGIN
record keys-token "docker inspect SPIRE-AGENT | grep -cE UUID" \
	sh -c "docker inspect $(container spire-agent) | grep -cE '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'"
claim "the join token is in no environment and on no command line" has keys-token 0
note "What is left is the ledger's old token; make after shows what it is worth then, and that it can go."

note "What whoever copies the image gets: here, even with the agent's socket."
fetch=(spire-agent api fetch x509 -socketPath "${api#unix://}")
record keys-copy "docker run --rm -v ${project}_sockets:/run/spire/sockets $LAB_IMAGE $(typed "${fetch[@]}")" \
	docker run --rm --network none -v "${project}_sockets:/run/spire/sockets:ro" "$LAB_IMAGE" "${fetch[@]}"
claim "a copy of the image without the label gets no identity" has keys-copy PermissionDenied
