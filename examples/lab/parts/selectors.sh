# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Part 3 of the scenario, its last step: what a selector is worth. Every entry is put back in the end.
. "$lab/entries.sh"
fetch=(spire-agent api fetch x509 -socketPath "${api#unix://}")
sockets="${project}_sockets:/run/spire/sockets:ro"
image_id=$(docker image inspect -f '{{.Id}}' "$LAB_IMAGE")

# stranger NAME IMAGE: a container that anybody could start: the backend's label, the agent's socket
stranger() {
	docker rm -f "$project-$1" > /dev/null 2>&1
	docker run -d --init --name "$project-$1" --label "com.corp.lab=$project" --label com.corp.svc=backend -v "$sockets" \
		--network "${project}_corp" "$2" sleep infinity > "$work/run.out" 2>&1 || { show "$work/run.out"; lab_stop "docker run failed"; }
}
# in_stranger NAME STRANGER: the agent's answer there
in_stranger() { record "$1" "docker exec $project-$2 $(typed "${fetch[@]}")" docker exec "$project-$2" "${fetch[@]}"; }
# answers SAYS COMMAND...: until it does; entries take about a second
answers() { "${@:2}" 2>&1 < /dev/null | grep -qF -e "$1"; }
comes() { until_true 20 answers "$@"; }

title "6. What a label is worth"
note "$project-impostor is another image, made here; whoever starts it says com.corp.svc=backend."
printf 'FROM %s\nLABEL com.corp.lab=%s\nRUN echo "not what was reviewed" > /etc/impostor\n' "$LAB_IMAGE" "$project" |
	docker build -q -t "$project-impostor" - > "$work/build.out" 2>&1 || { show "$work/build.out"; lab_stop "docker build failed"; }
entry backend docker:label:com.corp.svc:backend
stranger impostor "$project-impostor"
in_stranger selectors-label impostor
claim "with the label alone, another image is issued spiffe://corp.local/backend" has selectors-label spiffe://corp.local/backend

title "6. The entry tightened with the image's digest"
typed_entry=1 entry backend docker:label:com.corp.svc:backend "docker:image_config_digest:$image_id"
comes PermissionDenied docker exec "$project-impostor" "${fetch[@]}"
in_stranger selectors-digest impostor
claim "the impostor, with the right label, is refused" has selectors-digest PermissionDenied
at selectors-backend backend "${fetch[@]}"
claim "the backend's own image is still issued spiffe://corp.local/backend" has selectors-backend spiffe://corp.local/backend

title "6. What that digest is worth"
note "SPIRE's attestor asks the engine for the digest of the image that bears the container's image *name* now. Whoever" \
	"may move a name on that engine moves the digest of containers that run already:"
record selectors-tag "docker tag $LAB_IMAGE $project-impostor" docker tag "$LAB_IMAGE" "$project-impostor"
in_stranger selectors-moved impostor
claim "after its name is moved to the right image, the running impostor is issued spiffe://corp.local/backend" \
	has selectors-moved spiffe://corp.local/backend
note "A container that is started by its image's ID has a name that cannot be moved. The selector for that:"
typed_entry=1 entry backend docker:label:com.corp.svc:backend "docker:image_id:$image_id"
stranger by-id "$image_id"
comes PermissionDenied docker exec "$project-impostor" "${fetch[@]}"
in_stranger selectors-by-id by-id
claim "started by its ID, the right image is issued spiffe://corp.local/backend" has selectors-by-id spiffe://corp.local/backend
in_stranger selectors-by-name impostor
claim "the impostor is refused, whatever its name leads to" has selectors-by-name PermissionDenied
entry backend docker:label:com.corp.svc:backend
lab_strangers_leave

title "Stretch: selectors of the unix attestor"
note "An entry for a batch job that runs as root: every container here does."
typed_entry=1 entry batch unix:uid:0
comes spiffe://corp.local/batch inside rogue "${fetch[@]}"
at selectors-uid rogue "${fetch[@]}"
claim "unix:uid:0 gives the rogue the batch job's identity" has selectors-uid spiffe://corp.local/batch
note "The path of the executable is the one inside the caller's container, where its owner puts what he likes:"
typed_entry=1 entry batch unix:path:/opt/batch/job
at selectors-path rogue sh -c "mkdir -p /opt/batch && cp /opt/spire/bin/spire-agent /opt/batch/job"
comes PermissionDenied inside rogue "${fetch[@]}"
at selectors-path rogue /opt/batch/job "${fetch[@]:1}"
claim "unix:path is satisfied by any program that is put there" has selectors-path spiffe://corp.local/batch
inside rogue rm -r /opt/batch
at selectors-other rogue "${fetch[@]}"
claim "unix:path is not satisfied by the same program elsewhere" has selectors-other PermissionDenied
note "The hash of the executable: the ledger is a script, so this is Python's. It says nothing of the script, nor of a" \
	"library that was preloaded into it (svidwrap is one)."
hash=$(inside ledger sh -c 'sha256sum "$(readlink -f /usr/bin/python3)"')
hash=${hash%% *}
typed_entry=1 entry batch "unix:sha256:$hash"
log_from rogue /tmp/rogue.log
run=(svidwrap run --policy /etc/svidwrap/client.yaml --log /tmp/rogue.log --wait 5s --)
comes ledger inside rogue "${run[@]}" python3 -c 'print("not the ledger")'
at selectors-hash rogue "${run[@]}" python3 -c 'print("not the ledger")'
claim "unix:sha256 of the interpreter lets any script run under its identity" has selectors-hash "not the ledger"
event "the agent gave that script spiffe://corp.local/batch" selectors-hash-event event=svid_received own_id=spiffe://corp.local/batch
at selectors-hash-curl rogue "${run[@]}" curl -sS http://backend:8443/
claim "unix:sha256 gives another program in the same container nothing" failed_with 125
no_entry batch
