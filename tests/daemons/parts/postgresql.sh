#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: postgres psql pgbench pg_basebackup
# package: postgresql-15 postgresql-client-15
# roles: server, client
# done: pgbench with and without a connection for each transaction, COPY both ways, parallel workers, a streaming replica from pg_basebackup, reload and fast restart under load
# limits: none known
. "$(dirname "$0")/../scene.sh"

pg=$(echo /usr/lib/postgresql/*/bin)
program nc
for p in postgres psql pgbench pg_basebackup; do keep_path=1 program $p "$pg/$p"; done
walreceiver="$ID/postgres"
seq 1 100000 | sed 's/$/\tsome text that is the same in each row/' > "$work/rows"
chmod 644 "$work/rows"

# database: in $dir/data, made once and copied
database() {
	if [ ! -d "$work/empty" ]; then
		mkdir "$work/empty" && chown postgres "$work/empty"
		as_user postgres "$pg/initdb" -D "$work/empty" -A trust --no-sync -U postgres > "$work/initdb.log" 2>&1 || return 1
	fi
	cp -a "$work/empty" "$dir/data"
	as_user postgres tee -a "$dir/data/postgresql.conf" > /dev/null <<- CONF
		listen_addresses = '127.0.0.1'
		port = $port
		unix_socket_directories = ''
		fsync = off
		max_parallel_workers_per_gather = 2
		min_parallel_table_scan_size = 0
		parallel_setup_cost = 0
		parallel_tuple_cost = 0
	CONF
}
start_postgres() {
	database || return 1
	serve_postgres "$dir/data"
}
serve_postgres() {
	spawn "$what/server" setpriv --reuid=postgres --regid=postgres --init-groups -- "${on_server[@]}" "$work/bin/postgres" -D "$1"
	server_pid=$spawned
	await_port "$port" "$server_pid" && until_true 20 answers "$port"
}
answers() { PGCONNECT_TIMEOUT=2 client "$work/bin/psql" -h 127.0.0.1 -p "$1" -U postgres -Atc 'select 1' 2> /dev/null | grep -q 1; }
sql() { client "$work/bin/psql" -h 127.0.0.1 -p "$port" -U postgres -At "$@"; }
bench() { PGDATABASE=postgres client "$work/bin/pgbench" -h 127.0.0.1 -p "$port" -U postgres "$@"; }

postgres() {
	local status=0
	start_postgres || return 1
	{
		sql -c "create table t (n int, s text)" -c "\\copy t from '$work/rows'"
		sql -c "select count(*), sum(n) from t" -c "explain (costs off, analyze, timing off, summary off) select count(*) from t" | grep -v Buckets
		sql -c "\\copy (select * from t order by n) to stdout" | cmp - "$work/rows" && echo "COPY is whole"
		sql -c "select repeat('x', 3000000)" | wc -c
	} > "$dir/found" 2>&1
	grep -q 'Workers Launched: 2' "$dir/found" && grep -q 'COPY is whole' "$dir/found" || status=1
	bench -i -q -s 2 > "$dir/bench" 2>&1 || status=1
	bench -n -c 8 -j 2 -T 3 >> "$dir/bench" 2>&1 || status=1
	bench -n -S -C -c 4 -t 100 >> "$dir/bench" 2>&1 || status=1
	grep -E 'failed transactions: [1-9]|aborted' "$dir/bench" && status=1
	sed -n "s/^tps/# $what: tps/p" "$dir/bench" >&2
	stop "$server_pid"
	return $status
}

# The replica is a client of the first, and a server.
replica() {
	local status=0 first=$port first_pid
	start_postgres || return 1
	first_pid=$server_pid
	sql -c "create table t as select generate_series(1, 100000) n" > /dev/null || return 1
	client "$work/bin/pg_basebackup" -h 127.0.0.1 -p "$port" -U postgres -D "$dir/replica" -R -X stream -c fast 2> "$dir/backup.err" || return 1
	chown -R postgres "$dir/replica"
	echo "port = $replica_port" >> "$dir/replica/postgresql.conf"
	port=$replica_port
	serve_postgres "$dir/replica" || return 1
	port=$first
	sql -c "insert into t select generate_series(1, 50000)" > /dev/null
	port=$replica_port
	until_true 10 has_rows 150000 || status=1
	sql -c 'select count(*), pg_is_in_recovery() from t' > "$dir/found"
	stop "$server_pid" "$first_pid"
	return $status
}
has_rows() { [ "$(sql -c 'select count(*) from t')" = "$1" ]; }

restart() {
	local status=0 i
	start_postgres || return 1
	bench -i -q > "$dir/bench" 2>&1 || status=1
	(bench -n -S -c 4 -T 3 > "$dir/load" 2>&1) &
	local load=$!
	for i in 1 2 3; do kill -HUP "$server_pid"; sleep 0.5; done
	wait $load || status=1
	(bench -n -S -c 4 -T 30 > "$dir/load" 2>&1) &
	load=$!
	sleep 1
	kill -INT "$server_pid" # a fast shutdown: clients are told
	finish 10 "$server_pid" || status=1
	wait $load && status=1
	grep -q "terminating connection due to administrator command" "$dir/client.err" || { head -5 "$dir/client.err" >&2; status=1; }
	serve_postgres "$dir/data" || status=1
	sql -c 'select count(*) from pgbench_accounts' > "$dir/found" || status=1
	stop "$server_pid"
	return $status
}

# The protocol by hand (PostgreSQL's manual, "Message Formats"); the key to cancel with is another each time.
cat > "$work/speak.py" << 'PYTHON'
import struct, sys
def message(kind, body): return kind + struct.pack("!i", len(body) + 4) + body
if sys.argv[1] == "ask":
    start = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
    sys.stdout.buffer.write(message(b"", start) + message(b"Q", b"select n, repeat('x', n % 1000) from generate_series(1, 3000) n\0")
                            + message(b"Q", b"select nothing\0") + message(b"X", b""))
else:
    said, at = sys.stdin.buffer.read(), 0
    while at < len(said):
        kind, size = said[at:at + 1], struct.unpack_from("!i", said, at + 1)[0]
        print(kind, size, said[at + 5:at + 1 + size] if kind != b"K" else "")
        at += 1 + size
PYTHON

raw() {
	start_postgres || return 1
	"$PYTHON" "$work/speak.py" ask | peer_client | "$PYTHON" "$work/speak.py" show > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c "^b'D'" "$dir/found")" -eq 3000 ] && grep -q 'column "nothing" does not exist' "$dir/found"
}

free_port replica_port
more_rules="  - name: replica-in
    accept: \"*:$replica_port\"
    peers: [$ID/psql]
  - name: replica-out
    connect: \"127.0.0.1:$replica_port\"
    peers: [$ID/postgres]"
the_agent agent --ttl 5m
both "PostgreSQL, COPY, parallel workers and pgbench" postgres postgres psql pgbench
both "PostgreSQL with a streaming replica" replica postgres psql pg_basebackup postgres
both "PostgreSQL reloads and restarts under load" restart postgres psql pgbench
with_openssl "PostgreSQL and its protocol by hand" raw postgres nc psql
plan
