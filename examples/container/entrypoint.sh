#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts a container's program under libsvidwrap.so, which lies beside this file:
#   ENTRYPOINT ["/svidwrap/entrypoint.sh"]
#   CMD ["redis-server", "--port", "8443"]
# The program replaces this shell, so it is process 1 and gets the signals. What the loader would run without the shim is
# refused: 125 this setting, 126 the program cannot be preloaded, 127 it is not found. If the svidwrap command lies here
# too, it does all that, and better. Needs sh, od, dd and grep, of busybox or coreutils.
#   SVIDWRAP_POLICY         the policy; default /etc/svidwrap/policy.yaml
#   SVIDWRAP_LOG            a file, or stderr; default: stderr, if that is a pipe and there is no system log
#   SVIDWRAP_WAIT           how long to wait for the identity: 500ms, 30s, 2m; without a unit, milliseconds
#   SPIFFE_ENDPOINT_SOCKET  the agent, unless the policy names it
set -uf

tell() { printf 'svidwrap: entrypoint: %s\n' "$*" >&2; }
refuse() { # STATUS TEXT
	status=$1
	shift
	tell "$*"
	exit "$status"
}

case $0 in
*/*) dir=$(cd "${0%/*}" && pwd -P) ;;
*) dir=$(pwd -P) ;;
esac
lib=$dir/libsvidwrap.so
preload=$lib${LD_PRELOAD:+:$LD_PRELOAD}

# The shim wants milliseconds.
read_wait() {
	[ -n "${SVIDWRAP_WAIT:-}" ] || { unset SVIDWRAP_WAIT; return; }
	number=${SVIDWRAP_WAIT%%[!0-9]*} unit=${SVIDWRAP_WAIT##*[0-9]}
	case $unit in
	'' | ms) factor=1 ;;
	s) factor=1000 ;;
	m) factor=60000 ;;
	h) factor=3600000 ;;
	*) number=bad ;;
	esac
	case $number in '' | 0?* | ?????????* | bad) number=bad ;; esac
	[ "$number$unit" = "$SVIDWRAP_WAIT" ] ||
		refuse 125 "SVIDWRAP_WAIT=$SVIDWRAP_WAIT: not a duration; write 500ms, 30s or 2m"
	SVIDWRAP_WAIT=$((number * factor))
	[ "$SVIDWRAP_WAIT" -le 86400000 ] || refuse 125 "SVIDWRAP_WAIT: more than a day"
	export SVIDWRAP_WAIT
}

# find_program NAME: $found, as execvp looks
find_program() {
	found=
	case $1 in */*) found=$1; return ;; esac
	rest=${PATH:-/bin:/usr/bin}:
	while [ -n "$rest" ]; do
		at=${rest%%:*}
		rest=${rest#*:}
		if [ -f "${at:-.}/$1" ] && [ -x "${at:-.}/$1" ]; then
			found=${at:-.}/$1
			return
		fi
	done
	return 1
}

# read_elf FILE: $kind is what it is; of a 64-bit x86-64 program $loader is its loader ("": static)
read_elf() {
	kind=other loader=
	file=$1
	# shellcheck disable=SC2046 # words are wanted
	set -- $(od -An -v -tu4 -N64 "$file" 2> /dev/null)
	[ $# -gt 0 ] || { kind=unreadable; return; }
	[ $(($1 & 65535)) -ne $((0x2123)) ] || { kind=script; return; }
	[ $# -eq 16 ] && [ "$1" -eq $((0x464c457f)) ] || return 0
	# class 64, little-endian; ET_EXEC or ET_DYN; EM_X86_64
	kind=foreign
	[ $(($2 & 65535)) -eq $((0x0102)) ] && [ $(($5 >> 16)) -eq 62 ] || return 0
	# the program headers, 14 words each; 3 is PT_INTERP
	set -- "$9" $((${15} & 65535))
	kind=elf
	# shellcheck disable=SC2046
	set -- $(od -An -v -tu4 -j "$1" -N $(($2 * 56)) "$file" 2> /dev/null)
	while [ $# -ge 14 ]; do
		if [ "$1" -eq 3 ] && [ "$9" -gt 1 ] && [ "$9" -lt 4096 ]; then
			loader=$(dd if="$file" bs=1 skip="$3" count=$(($9 - 1)) 2> /dev/null)
			return
		fi
		shift 14
	done
}

# Would the loader ignore LD_PRELOAD?
check_privilege() { # FILE
	if ! grep -q '^NoNewPrivs:.*1' /proc/self/status 2> /dev/null; then
		if [ -u "$1" ] && [ ! -O "$1" ]; then
			refuse 126 "$1: is set-user-ID, so the loader ignores LD_PRELOAD; run it as that user"
		fi
		if [ -g "$1" ] && [ ! -G "$1" ]; then
			refuse 126 "$1: is set-group-ID, so the loader ignores LD_PRELOAD; run it in that group"
		fi
	fi
	for getcap in getcap /sbin/getcap; do
		find_program $getcap && [ -x "$found" ] && [ "$(id -u)" -ne 0 ] || continue
		[ -z "$("$found" "$1" 2> /dev/null)" ] ||
			refuse 126 "$1: has file capabilities, so the loader ignores LD_PRELOAD; remove them (setcap -r)"
	done
}

# check_elf FILE: asks the program's own loader
check_elf() {
	if LC_ALL=C grep -qF 'Go buildinf:' "$1"; then
		refuse 126 "$why$1: is a Go program: it makes its system calls without the C library; use go-spiffe in it"
	fi
	case $loader in
	'') refuse 126 "$why$1: is statically linked, so nothing can be preloaded; use a dynamically linked build" ;;
	*/ld-musl-*) refuse 126 "$why$1: is linked with musl ($loader), the shim needs glibc; use an image with glibc" ;;
	*/ld-linux-x86-64.so.2) ;;
	*) refuse 126 "$why$1: its loader $loader is not glibc's; use a build for glibc" ;;
	esac
	[ -x "$loader" ] || refuse 126 "$why$1: its loader $loader is not in the image; use an image with glibc"
	check_privilege "$1"
	answer=$(LD_PRELOAD=$preload "$loader" --list "$1" 2>&1)
	case $answer in
	*"version \`GLIBC_"*"(required by $lib)"*) # which --list goes on after
		need=${answer#*"version \`"}
		refuse 125 "$lib: the image's glibc is too old for it (needs ${need%%\'*}); build it on a system as old as the image"
		;;
	*"$lib (0x"*) ;;
	*"failed to map segment"*) refuse 125 "$lib: cannot be mapped for execution; is it on a noexec mount?" ;;
	*) refuse 126 "$why$1: the loader does not take $lib: $(printf %s "$answer" | head -n 1)" ;;
	esac
}

# check_program FILE [SCRIPT]: follows scripts to their interpreters
check_program() {
	why=${2:+$2: its interpreter }
	missing=127
	[ -z "$why" ] || missing=126
	[ -e "$1" ] || refuse $missing "$why$1: No such file; check the path"
	{ [ -f "$1" ] && [ -x "$1" ]; } || refuse 126 "$why$1: cannot be executed; check that it is a program, and its mode"
	[ -r "$1" ] || refuse 126 "$why$1: cannot be read, so nobody knows whether the shim would be loaded"
	read_elf "$1"
	case $kind in
	elf) check_elf "$1" ;;
	script)
		scripts=$((scripts + 1))
		[ $scripts -le 5 ] || refuse 126 "$1: scripts of scripts; name a program"
		IFS= read -r line < "$1" || :
		check_interpreter "$1" "${line#??}"
		;;
	foreign) refuse 126 "$why$1: is a program for another machine than x86-64 with 64 bits" ;;
	*) refuse 126 "$why$1: is neither an ELF program nor a script with a #! line" ;;
	esac
}
scripts=0

check_interpreter() { # SCRIPT LINE
	script=$1
	# shellcheck disable=SC2086
	set -- $2
	[ $# -gt 0 ] || refuse 126 "$script: its #! line names no interpreter"
	interpreter=$1
	shift
	check_program "$interpreter" "$script"
	[ "${interpreter##*/}" = env ] || return 0
	while [ $# -gt 0 ]; do
		case $1 in
		-S?*) find_program "${1#-S}" || refuse 126 "$script: ${1#-S}: not found in PATH"; break ;;
		-* | *=*) shift ;;
		*) find_program "$1" || refuse 126 "$script: $1: not found in PATH"; break ;;
		esac
	done
	[ $# -eq 0 ] || check_program "$found" "$script"
}

# The shim's own word on the policy, where some program can be had to carry it.
check_policy() {
	export SVIDWRAP_POLICY="${SVIDWRAP_POLICY:-/etc/svidwrap/policy.yaml}"
	[ -f "$SVIDWRAP_POLICY" ] || refuse 125 "$SVIDWRAP_POLICY: there is no policy; mount one there, or set SVIDWRAP_POLICY"
	[ -r "$SVIDWRAP_POLICY" ] || refuse 125 "$SVIDWRAP_POLICY: uid $(id -u) cannot read the policy"
	find_program true && read_elf "$found" && [ "${loader##*/}" = ld-linux-x86-64.so.2 ] || return 0
	answer=$(LD_PRELOAD=$preload SVIDWRAP_LOG=stderr SVIDWRAP_WAIT='' "$found" 2>&1 > /dev/null)
	case $answer in
	*'"event":"policy_loaded"'*) ;;
	*'"event":"policy_rejected"'*)
		answer=${answer#*'"reason":"'} answer=${answer%%'","'*} answer=${answer%%'\n'*}
		refuse 125 "the shim refuses the policy: $answer"
		;;
	*) refuse 125 "$lib: does not load: $(printf %s "$answer" | head -n 1)" ;;
	esac
	[ -n "${SPIFFE_ENDPOINT_SOCKET:-}" ] || grep -q '^workload_api:' "$SVIDWRAP_POLICY" ||
		tell "no agent is named: set SPIFFE_ENDPOINT_SOCKET, or workload_api in the policy"
}

check_log() {
	if [ -z "${SVIDWRAP_LOG:-}" ]; then
		unset SVIDWRAP_LOG
		[ ! -S /dev/log ] || return 0
		[ -p /proc/self/fd/2 ] || { tell "events are not kept: standard error is not a pipe; set SVIDWRAP_LOG"; return; }
		SVIDWRAP_LOG=stderr
	fi
	export SVIDWRAP_LOG
	case $SVIDWRAP_LOG in
	/dev/null) ;;
	stderr)
		[ -p /proc/self/fd/2 ] || refuse 125 "SVIDWRAP_LOG=stderr: standard error is not a pipe; name a file"
		(exec 3>&2 2> /dev/null; : >> /proc/self/fd/3) ||
			refuse 125 "SVIDWRAP_LOG=stderr: uid $(id -u) cannot open the pipe of standard error; name a file"
		;;
	*)
		[ ! -L "$SVIDWRAP_LOG" ] && { [ ! -e "$SVIDWRAP_LOG" ] || [ -f "$SVIDWRAP_LOG" ]; } ||
			refuse 125 "SVIDWRAP_LOG=$SVIDWRAP_LOG: not a regular file; name one, or write stderr"
		(: >> "$SVIDWRAP_LOG") 2> /dev/null || refuse 125 "SVIDWRAP_LOG=$SVIDWRAP_LOG: cannot be appended to"
		;;
	esac
}

[ $# -gt 0 ] || refuse 125 "no program is named; an ENTRYPOINT drops the CMD of the image below it, so repeat that"
read_wait
if [ -e "$dir/svidwrap" ]; then
	answer=$("$dir/svidwrap" --version 2>&1) || refuse 125 "$dir/svidwrap: cannot run in this image: $answer"
	check_log
	exec "$dir/svidwrap" run ${SVIDWRAP_WAIT:+--wait "${SVIDWRAP_WAIT}ms"} -- "$@"
fi
[ -r "$lib" ] || refuse 125 "$lib: is not there, or cannot be read; copy it into the image"
for tool in od dd grep; do
	find_program $tool || refuse 125 "the image has no $tool to look at the program with; copy the svidwrap command beside $lib"
done
find_program "$1" || refuse 127 "$1: not found in PATH; check the name"
check_program "$found"
check_log
check_policy
export LD_PRELOAD="$preload"
exec "$@"
