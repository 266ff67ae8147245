#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What SPIRE's unix attestor tells apart, and who else can satisfy an entry that says too little. A ledger under svidwrap
# is what all want to read; each exercise prints what was seen, as comments.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

if ! have_svidwrap || ! have_spire; then
	skip "unix selectors of a SPIRE agent" "${spire_why:-svidwrap is not built}"
	plan
fi
if [ "$(id -u)" -ne 0 ] || ! setpriv --reuid 61001 --regid 61001 --clear-groups true 2> /dev/null; then
	skip "unix selectors of a SPIRE agent" "programs are run as other users, which takes root"
	plan
fi
ID=spiffe://corp.local
BACKEND=61001 SHARED=61002 LATER=61003 NOBODY=65534
opt="$work/opt" balance="account 4711: 1500.00"

# ---- the programs, the ledger ----

# put PROGRAM FOLDER [NAME]: a copy that everyone may run and only root may change
put() { mkdir -p -m 755 "$opt" "$opt/$2" && install -m 755 "$(readlink -f "$1")" "$opt/$2/${3:-$(basename "$1")}"; }
as() { local uid=$1; shift; setpriv --reuid "$uid" --regid "$uid" --clear-groups -- "$@"; }
sha256() { sha256sum < "$1" | cut -d ' ' -f 1; }

programs() {
	local f
	chmod 711 "$work"
	put "$BUILD/svidwrap" bin && put "$BUILD/libsvidwrap.so" bin && put "$spire/spire-agent" bin || return 1
	put "$PYTHON" ledger python3 && put "$PYTHON" interpreter python3 && put "$PYTHON" changes python3 || return 1
	for f in backend hash changes elsewhere; do put "$(command -v curl)" "$f" curl || return 1; done
	mkdir -m 1777 "$work/logs"
	mkdir -m 755 "$opt/served"
	echo "$balance" > "$opt/served/balance" && chmod 644 "$opt/served/balance"
}

entries() {
	local curl="$opt/backend/curl" hash="$opt/hash/curl"
	spire_entry corp ledger unix:uid:61000 "unix:path:$opt/ledger/python3" &&
		spire_entry corp backend unix:uid:$BACKEND "unix:path:$curl" "unix:sha256:$(sha256 "$curl")" &&
		spire_entry corp by-path "unix:path:$opt/interpreter/python3" &&
		spire_entry corp by-hash "unix:path:$hash" "unix:sha256:$(sha256 "$hash")" &&
		spire_entry corp by-name unix:user:daemon unix:group:daemon unix:supplementary_group:games &&
		spire_entry corp before unix:uid:0 "unix:path:$opt/changes/python3" &&
		spire_entry corp after unix:uid:$LATER "unix:path:$opt/changes/python3" &&
		spire_entry corp next unix:uid:$LATER "unix:path:$opt/changes/curl" &&
		spire_entry corp by-uid unix:uid:$SHARED
}

# Entries take some seconds to the agent. The last one is looked at.
known() { fetch $SHARED > /dev/null 2>&1; }
fetch() { as "$1" "$opt/bin/spire-agent" api fetch x509 -socketPath "$work/corp/agent.sock"; }
svid() { as "$1" "$opt/bin/svidwrap" svid --wait 2s --agent "$agent_api"; }

ledger() {
	free_port port
	policy "$work/ledger.policy" <<- RULES
		rules:
		  - {name: in, accept: "*:$port", peers: ["$ID/*"]}
	RULES
	policy "$work/client.policy" <<- RULES
		rules:
		  - {name: to-ledger, connect: "127.0.0.1:$port", peers: [$ID/ledger], timeout: 3s}
	RULES
	chmod 644 "$work"/*.policy
	spawn ledger setpriv --reuid 61000 --regid 61000 --clear-groups "$opt/bin/svidwrap" run \
		--policy "$work/ledger.policy" --log "$work/logs/ledger" -- \
		"$opt/ledger/python3" -m http.server --bind 127.0.0.1 --directory "$opt/served" "$port"
	await_port "$port" "$spawned"
}

# ---- attempts ----

# attempt UID COMMAND...: reads the ledger under svidwrap; what it said is in $said, its events in $log
attempts=0
attempt() {
	local uid=$1
	shift
	attempts=$((attempts + 1))
	log="$work/logs/client-$attempts" said="$work/said-$attempts"
	as "$uid" env HOME=/nonexistent "$opt/bin/svidwrap" run --policy "$work/client.policy" --log "$log" -- "$@" \
		> "$said" 2> "$said.err"
}
read_ledger() { attempt "$1" "$2" -sS "http://127.0.0.1:$port/balance"; } # UID CURL

# as_id PATH: the last attempt read the balance, as that ID, and the ledger knows it
as_id() {
	grep -Fqx "$balance" "$said" && [ "$(logged "$log" event=handshake_ok "own_id=$ID/$1")" -gt 0 ] &&
		until_true 5 ledger_met "$ID/$1"
}
ledger_met() { [ "$(logged "$work/logs/ledger" event=handshake_ok "peer_id=$1")" -gt 0 ]; }

# no_identity: the last attempt read nothing, and the agent had refused it an identity
no_identity() {
	[ ! -s "$said" ] && [ "$(logged "$log" event=handshake_ok)" -eq 0 ] &&
		[ "$(logged "$log" event=handshake_refused phase=identity error=ERR_AGENT_DENIED)" -gt 0 ]
}

# verdict STATUS NAME
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2" >&2; show "$said" "$said.err" "$log" "$work/ledger.err"; }
	ok "$1" "$2"
}

# quote COMMAND [FILE...]: a comment, with the paths that a reader has; "as UID" there is the function of that name above
quote() {
	echo "# \$ $1"
	shift
	sed "s|$opt|/opt|g; s|$work/corp/|/run/spire/|g; s|$work|/etc/svidwrap|g; s|^|#   |" "$@"
}
last_event() { "$opt/bin/svidwrap" events "$work/logs/ledger" | tail -n 1; }

# ---- an entry that says all three ----

tight() {
	local curl="$opt/backend/curl"
	read_ledger $BACKEND "$curl"
	as_id backend
	verdict $? "uid, path and hash together give the identity to that program of that user"
	last_event | quote "svidwrap events ledger.log"
	read_ledger $NOBODY "$curl"
	no_identity
	verdict $? "not to the same program of another user"
	quote "as nobody svidwrap run --log client.log -- /opt/backend/curl -sS http://127.0.0.1:$port/balance" "$said.err"
	quote "svidwrap events client.log" <("$opt/bin/svidwrap" events "$log")
	read_ledger $BACKEND "$opt/elsewhere/curl"
	no_identity
	verdict $? "not to the same bytes at another path"
	mv "$curl" "$curl.kept"
	{ cat "$curl.kept"; echo; } > "$curl" && chmod 755 "$curl"
	read_ledger $BACKEND "$curl"
	no_identity
	verdict $? "not to a program with one byte more at that path"
	mv "$curl.kept" "$curl"
	read_ledger $BACKEND "$curl"
	as_id backend
	verdict $? "and again to that program once it is back"
	fetch $NOBODY > "$work/fetch" 2>&1
	[ $? -ne 0 ] && grep -q 'no identity issued' "$work/fetch"
	verdict $? "SPIRE's own client as nobody gets none"
	quote "as nobody spire-agent api fetch x509" "$work/fetch"
}

# ---- entries that say less ----

# uid alone: whatever that user runs.
by_uid() {
	fetch $SHARED > "$work/fetch" 2>&1 && grep -q "$ID/by-uid" "$work/fetch"
	verdict $? "an entry by uid gives the identity to a program that it was not made for"
	quote "as $SHARED spire-agent api fetch x509" "$work/fetch"
	svid $SHARED > "$work/svid" 2>&1 && grep -q "$ID/by-uid" "$work/svid"
	verdict $? "and to another"
	quote "as $SHARED svidwrap svid" "$work/svid"
	attempt $SHARED sh -c "printf 'GET /balance HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 $port"
	as_id by-uid
	verdict $? "a line of shell that this user runs reads the ledger"
	quote "as $SHARED svidwrap run -- sh -c \"printf 'GET /balance HTTP/1.0\\r\\n\\r\\n' | nc -N 127.0.0.1 $port\"" "$said"
	last_event | quote "svidwrap events ledger.log"
}

# daemon and games are what /etc/passwd and /etc/group of the agent's host call them.
by_name() {
	setpriv --reuid daemon --regid daemon --groups games "$opt/bin/svidwrap" svid --agent "$agent_api" > "$work/svid" 2>&1 &&
		grep -q "$ID/by-name" "$work/svid"
	verdict $? "an entry by names of user, group and supplementary group gives the identity to whom the host calls so"
	svid daemon > "$work/svid" 2>&1
	[ $? -ne 0 ] && grep -q 'no identity issued' "$work/svid"
	verdict $? "not without the supplementary group"
	quote "as daemon svidwrap svid" "$work/svid"
}

# The path of an interpreter: whatever it is told to run.
by_path() {
	cat > "$work/script" <<- 'PY'
		import http.client, sys
		c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
		c.request("GET", "/balance")
		print(c.getresponse().read().decode(), end="")
	PY
	attempt $NOBODY "$opt/interpreter/python3" -c "$(< "$work/script")" "$port"
	as_id by-path
	verdict $? "an entry by an interpreter's path gives the identity to any script of any user"
	quote "as nobody svidwrap run -- /opt/interpreter/python3 script" "$said"
	last_event | quote "svidwrap events ledger.log"
	by_mount
}

# The path is the one in the mount namespace of whoever asks, and a user may make one of his own. Here SPIRE's own client
# fetches the key, and OpenSSL uses it.
by_mount() {
	local name="a user who mounts another program over that path has the identity too" path=/opt/interpreter/python3
	if ! as $NOBODY unshare -Urm true 2> /dev/null; then
		skip "$name" "users may not make namespaces here"
		skip "where the entry has a hash, that gives nothing" "users may not make namespaces here"
		return
	fi
	mkdir -m 755 "$work/keys" && chown $NOBODY "$work/keys"
	mounted $NOBODY "$opt/interpreter/python3" -write "$work/keys" > "$work/fetch" 2>&1
	said="$work/said-mounted"
	printf 'GET /balance HTTP/1.0\r\n\r\n' | as $NOBODY timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" \
		-cert "$work/keys/svid.0.pem" -key "$work/keys/svid.0.key" -CAfile "$work/keys/bundle.0.pem" \
		-verify_return_error > "$said" 2> "$said.err"
	grep -q "$ID/by-path" "$work/fetch" && grep -Fqx "$balance" "$said"
	verdict $? "$name"
	quote "as nobody unshare -Urm sh -c 'mount --bind spire-agent $path; $path api fetch x509 -write keys'" "$work/fetch"
	quote "openssl s_client -connect 127.0.0.1:$port -cert keys/svid.0.pem -key keys/svid.0.key -CAfile keys/bundle.0.pem" "$said"
	mounted $BACKEND "$opt/backend/curl" > "$work/fetch" 2>&1
	[ $? -ne 0 ] && grep -q 'no identity issued' "$work/fetch"
	verdict $? "where the entry has a hash, that gives nothing"
	quote "as $BACKEND unshare -Urm sh -c 'mount --bind spire-agent /opt/backend/curl; /opt/backend/curl api fetch x509'" "$work/fetch"
}
mounted() { # UID PATH OPTION...: spire-agent, mounted over PATH by that user
	local uid=$1
	shift
	as "$uid" unshare -Urm sh -c 'mount --bind "$1" "$2" && shift && path=$1 && shift && exec "$path" api fetch x509 "$@"' \
		sh "$opt/bin/spire-agent" "$1" -socketPath "$work/corp/agent.sock" "${@:2}"
}

# ---- the genuine program, not itself ----

# preloaded UID PROGRAM: with a library of that user's behind svidwrap's
preloaded() {
	attempts=$((attempts + 1))
	log="$work/logs/client-$attempts" said="$work/said-$attempts"
	as "$1" env "LEDGER=$port" "SVIDWRAP_POLICY=$work/client.policy" "SVIDWRAP_LOG=$log" \
		"LD_PRELOAD=$opt/bin/libsvidwrap.so $opt/own.so" "$2" --version > "$said" 2> "$said.err"
}

by_hash() {
	cc -shared -fPIC -o "$opt/own.so" "$lab_root/tests/spire/reads_ledger.c" && chmod 755 "$opt/own.so"
	ok $? "a library of a user's own is built"
	preloaded $NOBODY "$opt/hash/curl"
	as_id by-hash
	verdict $? "an entry by path and hash gives the identity to any user's library in the genuine program"
	quote "as nobody env LD_PRELOAD='libsvidwrap.so own.so' /opt/hash/curl --version" "$said"
	last_event | quote "svidwrap events ledger.log"
	preloaded $BACKEND "$opt/backend/curl"
	as_id backend
	verdict $? "and with the uid, still to that user's own library"
	preloaded $NOBODY "$opt/backend/curl"
	no_identity
	verdict $? "but to no other user's"
	quote "as nobody env LD_PRELOAD='libsvidwrap.so own.so' /opt/backend/curl --version; svidwrap events client.log" \
		"$said" <("$opt/bin/svidwrap" events "$log")
	as $NOBODY setpriv --reuid $BACKEND "$opt/backend/curl" --version > "$work/setpriv" 2>&1
	[ $? -ne 0 ] && grep -q 'Operation not permitted' "$work/setpriv"
	verdict $? "and that other cannot start a process of this user"
	quote "as nobody setpriv --reuid $BACKEND /opt/backend/curl --version" "$work/setpriv"
}

# ---- one process that becomes another ----

changes() {
	local ids
	: > "$work/logs/changes" && chmod 666 "$work/logs/changes"
	cat "$work/script" - > "$work/changes" <<- 'PY'
		import os
		c.close()
		os.setresgid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
		os.setresuid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
		c.request("GET", "/balance")
		print(c.getresponse().read().decode(), end="", flush=True)
		c.close()
		os.execv(sys.argv[3], [sys.argv[3], "-s", f"http://127.0.0.1:{sys.argv[1]}/balance"])
	PY
	said="$work/changes.out" log="$work/logs/changes"
	"$opt/bin/svidwrap" run --policy "$work/client.policy" --log "$log" -- "$opt/changes/python3" -c "$(< "$work/changes")" \
		"$port" $LATER "$opt/changes/curl" > "$said" 2> "$said.err"
	ids=$(sed -n 's/.*"handshake_ok","pid":\([0-9]*\),.*"own_id":"\([^"]*\)".*/\1 \2/p' "$log")
	printf '%s\n' "$balance" "$balance" "$balance" | cmp -s - "$said" &&
		[ "$(cut -d ' ' -f 2 <<< "$ids" | paste -sd ' ')" = "$ID/before $ID/after $ID/next" ] &&
		[ "$(cut -d ' ' -f 1 <<< "$ids" | sort -u | wc -l)" -eq 1 ] &&
		until_true 5 ledger_met "$ID/before" && until_true 5 ledger_met "$ID/after" && until_true 5 ledger_met "$ID/next"
	verdict $? "a process that changes its user, then its program, is another ID each time"
	quote "svidwrap events client.log" <("$opt/bin/svidwrap" events "$log")
}

programs && spire_server corp corp.local && spire_agent corp && chmod 711 "$work/corp" && entries && ledger
check "a SPIRE server, an agent and the ledger run" [ $? -eq 0 ]
until_true 15 known
tight
by_uid
by_name
by_path
by_hash
changes
plan
