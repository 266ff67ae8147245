# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Images and containers of this suite; all carry one label, and go with it. Source it after tests/support/lab.sh.
box=svidwrap-container-$$
label=svidwrap.test=$box
network=${box}_default # as compose calls it
image=$box-example

box_end() {
	[ "$BASHPID" = "$lab_owner" ] || return 0
	{
		docker ps -aq --filter "label=$label" | xargs -r docker rm -f -v
		docker ps -aq --filter "network=$network" | xargs -r docker rm -f -v
		docker network rm "$network"
		docker image rm -f "$box-example" "$box-musl" "$box-programs"
	} > /dev/null 2>&1
	lab_end
}
trap box_end EXIT

# have_docker: $base is the image to build from; else $docker_why says what is missing.
have_docker() {
	if command -v docker-compose > /dev/null; then
		compose=(docker-compose)
	elif docker compose version > /dev/null 2>&1; then
		compose=(docker compose)
	else
		docker_why="docker-compose is not here"
		return 1
	fi
	base=$("$lab_root/tests/support/base_image.sh" 2> "$work/docker_why") && return
	docker_why=$(tail -n 1 "$work/docker_why")
	return 1
}

# build NAME FOLDER [OPTION...]: the image $box-NAME
build() {
	local name=$1 folder=$2
	shift 2
	docker build -q --label "$label" -t "$box-$name" "$@" "$folder" > "$work/build-$name.log" 2>&1 ||
		{ show "$work/build-$name.log"; return 1; }
}

# The base image with real programs; musl for what has to be refused.
programs_image() {
	mkdir "$work/programs"
	cat > "$work/programs/Dockerfile" <<- DOCKERFILE
		FROM $base
		RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
			redis-server redis-tools busybox-static musl-dev && rm -rf /var/lib/apt/lists/*
		RUN mkdir /bb && busybox --install -s /bb
	DOCKERFILE
	build programs "$work/programs"
}

# The example's own, from a copy of its folder.
example_image() {
	mkdir "$work/context"
	cp "$lab_root"/examples/container/{Dockerfile,entrypoint.sh,compose.yml,policy.yaml} "$BUILD/libsvidwrap.so" "$work/context"
	chmod -R go+rX "$work/context"
	build example "$work/context" --build-arg "BASE_IMAGE=$box-programs"
}

# compile_musl FILE: int main with musl's libc, against the headers and start files of the programs' image
compile_musl() {
	local lib="$work/musl/usr/lib/x86_64-linux-musl"
	mkdir "$work/musl"
	docker run --rm --label "$label" "$box-programs" tar -C / -c usr/lib/x86_64-linux-musl usr/include/x86_64-linux-musl \
		lib/ld-musl-x86_64.so.1 2> /dev/null | tar -C "$work/musl" -x || return 1
	gcc -no-pie -nostdinc -isystem "$work/musl/usr/include/x86_64-linux-musl" -nostdlib -o "$1" "$lib/crt1.o" "$lib/crti.o" \
		"$work/hello.c" -L"$lib" -lc "$lib/crtn.o" -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
}

# musl_image: no glibc in it, as in Alpine: musl, busybox, a program
musl_image() {
	local root="$work/musl-root"
	mkdir -p "$root"/{bin,lib,etc,tmp,svidwrap} && cp "$work/opt/musl" "$root/bin/hello" &&
		cp -L "$work/musl/usr/lib/x86_64-linux-musl/libc.so" "$root/lib/ld-musl-x86_64.so.1" &&
		docker run --rm --label "$label" "$box-programs" cat /bin/busybox > "$root/bin/busybox" &&
		cp "$work/context/entrypoint.sh" "$work/context/libsvidwrap.so" "$root/svidwrap/" || return 1
	chmod -R go+rX "$root" && chmod 755 "$root/bin/busybox"
	for applet in sh od dd grep head id; do ln -s busybox "$root/bin/$applet"; done
	tar -C "$root" -c . | docker import -c 'ENTRYPOINT ["/svidwrap/entrypoint.sh"]' -c "LABEL $label" \
		-c 'ENV PATH=/bin' - "$box-musl" > "$work/import.log" 2>&1
}

# locked [DOCKER-OPTION...]: docker run, locked up as in the example
locked() {
	docker run --label "$label" --network "$network" --read-only --cap-drop ALL --security-opt no-new-privileges \
		-v "$policy_file:/etc/svidwrap/policy.yaml:ro" -v "$sockets:/run/spire/sockets:ro" -v "$work/opt:/opt:ro" \
		-e SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/sockets/agent.sock "$@"
}
# as_client [DOCKER-OPTION...] COMMAND...: a client of the ledger in a container of its own; what it said is in $work/client.*
as_client() {
	timeout -k 5 60 docker run --rm --label "$label" --network "$network" --read-only --cap-drop ALL \
		--security-opt no-new-privileges --user 65533:65533 -v "$policy_file:/etc/svidwrap/policy.yaml:ro" \
		-v "$sockets:/run/spire/sockets:ro" -e SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/sockets/agent.sock \
		"${client_options[@]}" "$image" "$@" > "$work/client.out" 2> "$work/client.err"
}
client_options=()

exit_code() { docker inspect -f '{{.State.ExitCode}}' "$1"; }
logs() { docker logs "$1" 2>&1; }
log_has() { logs "$1" | grep -Eq -- "$2"; } # CONTAINER REGEX

# refused CLAIM STATUS REGEX [DOCKER-OPTION...] IMAGE COMMAND...: in one line
refused() {
	local claim=$1 want=$2 regex=$3 status
	shift 3
	timeout -k 5 60 docker run --rm --label "$label" --read-only --cap-drop ALL --network none --user 65534:65534 \
		-v "$policy_file:/etc/svidwrap/policy.yaml:ro" -v "$work/opt:/opt:ro" \
		-e SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/sockets/agent.sock "$@" > "$work/refused.out" 2> "$work/refused.err"
	status=$?
	[ $status -eq "$want" ] && grep -Eq -- "^svidwrap: (entrypoint|run): .*$regex" "$work/refused.err" &&
		[ "$(wc -l < "$work/refused.err")" -eq 1 ] && [ ! -s "$work/refused.out" ] && { ok 0 "$claim"; return; }
	echo "# $claim: status $status, want $want, /$regex/" >&2
	show "$work/refused.err" "$work/refused.out"
	ok 1 "$claim"
}
