# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The lab's containers: compose (1.29 or the plugin), commands in a service, bounded waits. Source it from bash.
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
set -a
. <(sed "s/^\\([A-Z_]*\\)=\\(.*\\)/\\1=\${\\1:-\\2}/" "$lab/.env") # the environment wins, as with docker-compose
set +a
export LAB_IMAGE=${LAB_IMAGE:-svidwrap-lab}
project=$COMPOSE_PROJECT_NAME
api=unix:///run/spire/sockets/agent.sock

lab_stop() { echo "lab: $*" >&2; exit 1; }
lab_say() { echo "$*" >&2; }

docker info > /dev/null 2>&1 ||
	lab_stop "no Docker engine answers: install it (apt-get install docker.io docker-compose), start it, and be root or in the group docker"
if command -v docker-compose > /dev/null; then
	compose_words=(docker-compose)
elif docker compose version > /dev/null 2>&1; then
	compose_words=(docker compose)
else
	lab_stop "neither docker-compose nor 'docker compose' is here: apt-get install docker-compose"
fi

# What the project is made of: the lab as it was, or (compose_files=after) with the upgrade.
compose() {
	local files=(-f "$lab/docker-compose.yml")
	[ "${compose_files:-before}" = before ] || files+=(-f "$lab/compose.after.yml")
	"${compose_words[@]}" "${files[@]}" "$@"
}
# SERVICE: its container's ID. Without compose, which takes half a second for it.
container() {
	docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$project" \
		--filter "label=com.docker.compose.service=$1" --filter label=com.docker.compose.oneoff=False
}
inside() { docker exec "$(container "$1")" "${@:2}" < /dev/null; } # SERVICE COMMAND...

# await SECONDS WHAT COMMAND...: polls, bounded; says what it waits for, and what was said last if it does not come.
await() {
	local end=$((SECONDS + $1)) what=$2 last
	shift 2
	lab_say "waiting for $what"
	until last=$("$@" 2>&1); do
		[ $SECONDS -lt $end ] || { lab_say "$last"; lab_stop "$what: did not come in time"; }
		sleep 0.3
	done
}

# What compose does not know of: containers that listen or pretend, and their image.
lab_strangers_leave() {
	docker ps -aq --filter "label=com.corp.lab=$project" | xargs -r docker rm -f > /dev/null
	docker images -aq --no-trunc --filter "label=com.corp.lab=$project" | sort -u | xargs -r docker rmi -f > /dev/null 2>&1
	docker rmi "$project-impostor" > /dev/null 2>&1 || true
}

# They go first: they may use the project's network and volumes.
lab_down() {
	lab_strangers_leave
	compose down -v -t 1 --remove-orphans
}
