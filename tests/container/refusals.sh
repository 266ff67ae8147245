# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the entry point refuses, each time with a reason and before the program runs. Sourced by run.sh.

programs_that_are_refused() {
	local go
	echo 'int main(void) { return 0; }' > "$work/hello.c"
	refused "a statically linked program is refused" 126 '/bin/busybox: is statically linked' "$image" busybox true
	refused "a program that is not there is refused" 127 'nothing-like-it: not found in PATH' "$image" nothing-like-it
	refused "a path that is not there is refused" 127 '/opt/none: No such file' "$image" /opt/none
	refused "a folder is refused" 126 '/opt: cannot be executed' "$image" /opt
	printf 'text\n' > "$work/opt/text" && chmod 755 "$work/opt/text"
	refused "what is neither ELF nor script is refused" 126 'is neither an ELF program nor a script' "$image" /opt/text
	printf '#!/bin/busybox sh\n' > "$work/opt/static.sh" && chmod 755 "$work/opt/static.sh"
	refused "a script with a static interpreter is refused" 126 'static.sh: its interpreter /bin/busybox: is statically' "$image" /opt/static.sh
	printf '#!/usr/bin/env -S X=1 busybox sh\n' > "$work/opt/env.sh" && chmod 755 "$work/opt/env.sh"
	refused "... one that env finds too" 126 'env.sh: its interpreter .*busybox: is statically' "$image" /opt/env.sh
	gcc -m32 -nostdlib -static -Wl,-e,main -o "$work/opt/i386" "$work/hello.c" 2> /dev/null && chmod 755 "$work/opt/i386" &&
		refused "a 32-bit program is refused" 126 'i386: is a program for another machine' "$image" /opt/i386
	if go=$(tests/support/go.sh 2> "$work/go_why"); then
		printf 'package main\nfunc main() {}\n' > "$work/hello.go"
		CGO_ENABLED=0 "$go" build -o "$work/opt/go" "$work/hello.go" && chmod 755 "$work/opt/go"
		refused "a Go program is refused" 126 '/opt/go: is a Go program' "$image" /opt/go
		printf 'package main\nimport "C"\nfunc main() {}\n' > "$work/hello.go"
		CGO_ENABLED=1 "$go" build -ldflags -s -o "$work/opt/cgo" "$work/hello.go" && chmod 755 "$work/opt/cgo"
		refused "... with cgo too, though it could be preloaded" 126 '/opt/cgo: is a Go program' "$image" /opt/cgo
	else
		skip "a Go program is refused" "$(< "$work/go_why")"
	fi
	compile_musl "$work/opt/musl" && chmod 755 "$work/opt/musl" && musl_image || { ok 1 "a musl image can be made"; return; }
	check "a program for musl is one" docker run --rm --label "$label" --entrypoint /bin/hello "$box-musl"
	refused "a program for musl is refused in an image that has both" 126 'is linked with musl \(/lib/ld-musl-x86_64.so.1\)' "$image" /opt/musl
	refused "in an image with musl alone as well" 126 '/bin/hello: is linked with musl' "$box-musl" hello
	gcc -o "$work/opt/glibc" "$work/hello.c" && chmod 755 "$work/opt/glibc"
	refused "a program for glibc is refused there, too" 126 '/opt/glibc: its loader /lib64/ld-linux-x86-64.so.2 is not in the image' \
		"$box-musl" /opt/glibc
}

settings_that_are_refused() {
	local run=("$image" true)
	refused "no program is a wrong call" 125 'no program is named' --entrypoint /svidwrap/entrypoint.sh "$image"
	refused "a missing policy is refused" 125 '/opt/none.yaml: there is no policy' -e SVIDWRAP_POLICY=/opt/none.yaml "${run[@]}"
	install -m 600 "$policy_file" "$work/opt/private.yaml"
	refused "a policy that cannot be read is refused" 125 'uid 65534 cannot read the policy' -e SVIDWRAP_POLICY=/opt/private.yaml "${run[@]}"
	sed 's/peers/pears/' "$policy_file" > "$work/opt/wrong.yaml" && chmod 644 "$work/opt/wrong.yaml"
	refused "a wrong policy is refused, in the shim's words" 125 'the shim refuses the policy: .*wrong.yaml:7:5: error: unknown key' \
		-e SVIDWRAP_POLICY=/opt/wrong.yaml "${run[@]}"
	install -m 666 "$policy_file" "$work/opt/open.yaml"
	refused "a policy that others may write is refused" 125 'the shim refuses the policy: .*open.yaml.* is writable by others' \
		-e SVIDWRAP_POLICY=/opt/open.yaml "${run[@]}"
	if [ "$(id -u)" -eq 0 ]; then
		install -m 644 -o 4242 "$policy_file" "$work/opt/foreign.yaml"
		refused "a policy of another user is refused" 125 'the shim refuses the policy: .*belongs to uid 4242' \
			-e SVIDWRAP_POLICY=/opt/foreign.yaml "${run[@]}"
	else
		skip "a policy of another user is refused" "not root"
	fi
	refused "a log in a read-only place is refused" 125 'SVIDWRAP_LOG=/var/log/audit.log: cannot be appended to' \
		-e SVIDWRAP_LOG=/var/log/audit.log "${run[@]}"
	refused "/dev/stderr as the log is refused, with what to write" 125 'SVIDWRAP_LOG=/dev/stderr: not a regular file; .*write stderr' \
		-e SVIDWRAP_LOG=/dev/stderr "${run[@]}"
	for wait in soon s 10x 5x3s 010s 99999999999s; do
		refused "SVIDWRAP_WAIT=$wait is refused" 125 "SVIDWRAP_WAIT=$wait: not a duration" -e "SVIDWRAP_WAIT=$wait" "${run[@]}"
	done
	refused "a wait of more than a day is refused" 125 'more than a day' -e SVIDWRAP_WAIT=25h "${run[@]}"
}

places_of_the_shim() {
	mkdir -m 755 "$work"/{bare,new,broken}
	for folder in bare new broken; do install -m 755 "$work/context/entrypoint.sh" "$work/$folder"; done
	refused "a missing libsvidwrap.so is refused" 125 '/svidwrap/libsvidwrap.so: is not there' -v "$work/bare:/svidwrap:ro" "$image" true
	echo junk > "$work/broken/libsvidwrap.so" && chmod 644 "$work/broken/libsvidwrap.so"
	refused "one that is no library is refused" 126 'the loader does not take /svidwrap/libsvidwrap.so' -v "$work/broken:/svidwrap:ro" "$image" true
	# a library that wants a newer glibc than the image has
	echo 'int newer(void); int f(void) { return newer(); }' > "$work/new.c"
	echo 'int newer(void) { return 0; }' > "$work/libc.c"
	echo 'GLIBC_2.99 { newer; };' > "$work/libc.map"
	gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script="$work/libc.map" -o "$work/libc.so.6" "$work/libc.c" &&
		gcc -shared -fPIC -nostdlib -o "$work/new/libsvidwrap.so" "$work/new.c" "$work/libc.so.6" && chmod 755 "$work/new/libsvidwrap.so"
	refused "one that the image's glibc is too old for is refused" 125 "the image's glibc is too old for it \(needs GLIBC_2.99\)" \
		-v "$work/new:/svidwrap:ro" "$image" true
	refused "one on a noexec mount is refused" 125 'is it on a noexec mount' --tmpfs /copy:mode=1777 --entrypoint sh "$image" \
		-c 'cp /svidwrap/* /copy && exec sh /copy/entrypoint.sh true'
	refused "with the svidwrap command beside it, the refusal is the command's" 126 '/bin/busybox: is statically linked' \
		-v "$work/beside:/svidwrap:ro" "$image" busybox true
}
