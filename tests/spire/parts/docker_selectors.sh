#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What SPIRE's docker attestor tells apart, and who else can satisfy its selectors: two images that differ in one file, a
# genuine one and another, under a name that can be given to either.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

if ! have_svidwrap || ! have_spire; then
	skip "docker selectors of a SPIRE agent" "${spire_why:-svidwrap is not built}"
	plan
fi
if ! docker info > /dev/null 2>&1; then
	skip "docker selectors of a SPIRE agent" "no Docker daemon answers this user"
	plan
fi
ID=spiffe://corp.local
genuine=svidwrap-selectors-$$:genuine other=svidwrap-selectors-$$:other name=svidwrap-selectors-$$:1
containers=()

docker_end() {
	[ "$BASHPID" = "$lab_owner" ] || return 0
	[ ${#containers[@]} -eq 0 ] || docker rm -f "${containers[@]}"
	docker rmi -f "$name" "$genuine" "$other"
} > /dev/null 2>&1
trap 'docker_end; lab_end' EXIT

# image TAG: svidwrap, a shell and what they need; /who says which image it is
image() {
	local root="$work/root" f lib
	mkdir -p "$root/bin" "$root/tmp"
	for f in "$BUILD/svidwrap" /bin/dash /bin/cat /bin/sleep; do
		cp -L "$f" "$root/bin/"
		for lib in $(ldd "$f" | grep -o '/[^ ]*'); do
			mkdir -p "$root${lib%/*}"
			cp -L "$lib" "$root$lib"
		done
	done
	ln -sf dash "$root/bin/sh"
	echo "${1#*:}" > "$root/who"
	chmod -R a+rX "$root"
	tar -C "$root" -c . | docker import - "$1" > /dev/null
}

entries() {
	digest=$(docker image inspect -f '{{.Id}}' "$genuine")
	spire_entry corp by-env docker:env:SERVICE=backend && spire_entry corp by-name "docker:image_id:$name" &&
		spire_entry corp by-digest "docker:image_config_digest:$digest" &&
		spire_entry corp by-label docker:label:com.corp.svc:backend
}

# ---- containers ----

ask="cat /who; exec /bin/svidwrap svid --wait 2s --agent unix:///run/spire/agent.sock"
options=(--network none -v "$work/corp:/run/spire")
# once OPTION... IMAGE: a container that asks for its identity; the answer is in $work/said
once() { docker run --rm "${options[@]}" "$@" sh -c "$ask" > "$work/said" 2>&1; }
# up IMAGE: one that stays, $container; again: it asks now
up() {
	container=$(docker run -d "${options[@]}" "$1" sleep 300)
	containers+=("$container")
}
again() { docker exec "$container" sh -c "$ask" > "$work/said" 2>&1; }

# is WHO ID...: the last answer came from that image, and has just these IDs
is() {
	local who=$1
	shift
	[ "$(head -n 1 "$work/said")" = "$who" ] &&
		[ "$(sed -n "s|^SPIFFE ID  *$ID/||p" "$work/said" | sort | paste -sd ' ')" = "$*" ]
}

# verdict STATUS NAME COMMAND: what was seen, as a comment, without the parts that differ each time
verdict() {
	local status=$1
	[ "$status" -eq 0 ] || show "$work/said" "$work/corp-agent.out"
	ok "$status" "$2"
	echo "# \$ $3"
	sed "s|$work|/run|g; s|$digest|sha256:...|; s|^|#   |" "$work/said" | grep -E '   (genuine|other|mounted|SPIFFE ID|svidwrap:)'
}

# ---- claims ----

what_the_deployer_says() {
	once "$other"
	is other && grep -q 'no identity issued' "$work/said"
	verdict $? "an image that no entry is made for gets no identity" "docker run other"
	once --label com.corp.svc=backend "$other"
	is other by-label
	verdict $? "an entry by label gives the identity to any image that is started with it" \
		"docker run --label com.corp.svc=backend other"
	once -e SERVICE=backend "$other"
	is other by-env
	verdict $? "an entry by environment gives the identity to any image that is started with it" \
		"docker run -e SERVICE=backend other"
}

what_the_image_says() {
	docker tag "$other" "$name"
	once "$name"
	is other by-name
	verdict $? "an entry by image_id gives the identity to any image that was given the name" \
		"docker tag other backend:1; docker run backend:1"
	docker tag "$genuine" "$name"
	once "$name"
	is genuine by-digest by-name
	verdict $? "an entry by image_config_digest gives the identity to the image" \
		"docker tag genuine backend:1; docker run backend:1"
	echo mounted > "$work/who" && chmod 644 "$work/who"
	once -v "$work/who:/who" "$digest"
	is mounted by-digest
	verdict $? "and to whatever the deployer mounts into it, or runs in it" "docker run -v who:/who sha256:..."
}

# The attestor asks for the digest of what the container's image is called, not of what it was made from.
what_the_name_means_now() {
	docker tag "$other" "$name"
	up "$name"
	docker tag "$genuine" "$name"
	again
	is other by-digest by-name
	verdict $? "a container of another image has the digest of the one that its name means now" \
		"docker tag other backend:1; docker run -d backend:1; docker tag genuine backend:1; docker exec ..."
	up "$name"
	docker tag "$other" "$name"
	again
	is genuine by-name
	verdict $? "and one of the genuine image loses its own when the name moves on" \
		"docker run -d backend:1; docker tag other backend:1; docker exec ..."
	up "$digest"
	again
	is genuine by-digest
	verdict $? "a container that was started by digest has that one, whatever the name means" \
		"docker run -d sha256:...; docker exec ..."
}

image "$genuine" && image "$other" && spire_server corp corp.local &&
	spire_attestor='WorkloadAttestor "docker" { plugin_data {} }' spire_agent corp && entries
check "a SPIRE server and an agent that attests containers run" [ $? -eq 0 ]
labelled() { once --label com.corp.svc=backend "$other"; }
until_true 20 labelled
what_the_deployer_says
what_the_image_says
what_the_name_means_now
plan
