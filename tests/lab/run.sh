#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The scenario's lab (examples/lab) in a project of its own: its own check, its targets as a newcomer calls them, and
# that nothing is left of it. Needs Docker, SPIRE and a base image.
# usage: tests/lab/run.sh
. "$(dirname "$0")/../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

export COMPOSE_PROJECT_NAME=svidwrap-lab-test-$$ LAB_IMAGE=svidwrap-lab-test-$$ LAB_OUT=$lab_results/lab
unset MAKEFLAGS MAKELEVEL LAB_TTL LAB_LONG LEDGER_TOKEN
lab_make() { make --no-print-directory -C "$lab_root/examples/lab" "$@"; }

# lacking: says what this machine lacks for the lab, and fails if that is nothing
lacking() {
	docker info > /dev/null 2>&1 || { echo "no Docker engine answers"; return; }
	command -v docker-compose > /dev/null || docker compose version > /dev/null 2>&1 || { echo "no docker-compose"; return; }
	have_svidwrap || { echo "svidwrap is not built"; return; }
	have_spire || { echo "$spire_why"; return; }
	tests/support/base_image.sh > /dev/null 2> "$work/base" || { tail -n 1 "$work/base"; return; }
	return 1
}
if why=$(lacking); then
	skip "the scenario's lab" "$why"
	plan
fi

end() {
	[ "$BASHPID" = "$lab_owner" ] || return 0
	trap - EXIT
	lab_make down > /dev/null 2>&1
	docker rmi "$LAB_IMAGE" > /dev/null 2>&1
	lab_end
}
trap end EXIT

left() {
	local of="label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"
	docker ps -aq --filter "$of"
	docker ps -aq --filter "label=com.corp.lab=$COMPOSE_PROJECT_NAME"
	docker images -q --filter "label=com.corp.lab=$COMPOSE_PROJECT_NAME"
	docker network ls -q --filter "$of"
	docker volume ls -q --filter "$of"
}
nothing_left() { [ -z "$(left)" ] || { left; return 1; }; }

check "make up starts the lab" lab_make up
something=$(left)
lab_make check > "$work/check.tap" 2> "$work/check.err"
status=$?
cat "$work/check.err" >&2
pass_on "$work/check.tap"
check "make check ends with status 0" [ $status -eq 0 ]
check "make check makes more than 80 claims" [ "$(grep -c '^ok ' "$work/check.tap")" -gt 80 ]
for target in mtls deny before after; do
	check "make $target ends with status 0" lab_make $target
done
check "make demo ends with status 0" lab_make demo
cp "$work/check.out" "$work/demo"
check "make demo ends with all its claims" grep -qE '^All [0-9]+ hold\.$' "$work/demo"
check "make demo shows no colours where there is no terminal" [ "$(grep -c $'\e' "$work/demo")" -eq 0 ]
check "make help names every target" [ "$(lab_make help | grep -cE '^  (up|mtls|deny|before|after|demo|check|rotation|shell|reset|down|help) ')" -eq 12 ]
check "make down ends with status 0" lab_make down
check "the lab had containers, networks and volumes" [ "$(wc -w <<< "$something")" -ge 11 ]
check "make down leaves no container, network, volume or image of the strangers" nothing_left
plan
