# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The ledger before and after the upgrade, the call to it, and the neighbour who listens. Source it after show.sh.

# ledger_is before|after: the ledger runs as that compose file has it, and listens
ledger_is() {
	compose_files=$1
	compose up -d --no-deps ledger > "$work/up.out" 2>&1 || { show "$work/up.out"; lab_stop "docker-compose up ledger failed"; }
	until_true 30 ledger_listens || lab_stop "the ledger does not listen: $(docker logs "$(container ledger)" 2>&1 | tail -n 1)"
}
ledger_listens() { docker logs "$(container ledger)" 2>&1 | grep -q "listening on port"; }

# call_ledger NAME: the backend's call, as the compose files in use have it
call_ledger() { record "$1" "${compose_words[*]} run --rm backend-call" compose run --rm -T backend-call; }

# The neighbour shares the ledger's network namespace: he sees what the node sees, or a mirrored port.
neighbour_listens() {
	local n
	rm -f "$work/neighbour.in"
	mkfifo "$work/neighbour.in" && exec {neighbour_in}<> "$work/neighbour.in" || exit 1
	spawn_in="$work/neighbour.in" spawn neighbour docker run --rm -i --init --network "container:$(container ledger)" \
		--label "com.corp.lab=$project" "$LAB_IMAGE" sniff.py 8080
	neighbour=$spawned
	for ((n = 0; n < 750; n++)); do
		! grep -qsx listening "$work/neighbour.out" || return 0
		alive "$neighbour" || break
		sleep 0.02
	done
	show "$work/neighbour.err" "$work/neighbour.out"
	lab_stop "the neighbour cannot listen"
}

# neighbour_tells NAME
neighbour_tells() {
	echo >&"$neighbour_in"
	finish 15 "$neighbour" || { show "$work/neighbour.err"; lab_stop "the neighbour failed"; }
	exec {neighbour_in}>&-
	last=$out/$1.txt
	{ echo "$ sniff.py 8080 (beside the ledger)"; grep -vx listening "$work/neighbour.out"; } > "$last"
	grep -v '^    :' "$last" > "$work/seen" # what is unreadable stays in the file
	lines=30 picture "$work/seen"
}

# the_ledger_is NAME: what its container is made of, but for the entrypoint
the_ledger_is() {
	docker inspect -f '{{.Image}} {{.Config.Image}} {{json .Config.Cmd}} {{.Config.User}} {{.Config.Hostname}}
{{range .Config.Env}}environment {{.}}
{{end}}{{range .Mounts}}mount {{.Source}} {{.Destination}} {{.Mode}}
{{end}}{{range $name, $n := .NetworkSettings.Networks}}network {{$name}}
{{end}}{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}} {{.HostConfig.SecurityOpt}}' "$(container ledger)" |
		sort > "$out/$1.inspect"
}
