#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: mariadbd mariadb mariadb-slap mariadb-dump
# package: mariadb-server mariadb-client
# roles: server, client
# done: the server speaks first; LOAD DATA LOCAL INFILE of 50,000 rows, a 5 MB value, a dump restored, 8 clients of mariadb-slap, restart
# limits: none known
. "$(dirname "$0")/../scene.sh"

program mariadbd /usr/sbin/mariadbd
for p in mariadb mariadb-slap mariadb-dump nc; do keep_path=1 program $p; done
seq 1 50000 | sed 's/$/\tthe same text in each row/' > "$work/rows"
chmod 644 "$work/rows"

start() {
	if [ ! -d "$work/empty" ]; then
		mariadb-install-db --no-defaults --user=mysql --datadir="$work/empty" --auth-root-authentication-method=normal \
			--skip-test-db > "$work/install.log" 2>&1 || return 1
	fi
	[ -d "$dir/data" ] || cp -a "$work/empty" "$dir/data"
	serve "$work/bin/mariadbd" --no-defaults --user=mysql --datadir="$dir/data" --bind-address=127.0.0.1 --port="$port" \
		--socket="$dir/data/sock" --local-infile=1 --max-allowed-packet=64M --innodb-flush-log-at-trx-commit=0 --skip-name-resolve
}
options() { echo --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root; }
sql() { client "$work/bin/mariadb" $(options) -N "$@"; }

mariadb_work() {
	local status=0
	start || return 1
	{
		sql -e 'create database d'
		sql --local-infile=1 d -e "create table t (n int primary key, s varchar(100)); load data local infile '$work/rows' into table t; select count(*), sum(n) from t"
		sql d -e 'select * from t order by n' | cmp - "$work/rows" && echo "rows are whole"
		sql --max-allowed-packet=64M d -e "select repeat('x', 5000000)" | wc -c
		client "$work/bin/mariadb-dump" $(options) --skip-comments d > "$dir/dump"
		sha256sum < "$dir/dump"
		sql -e 'create database e'
		sql e < "$dir/dump"
		sql -e 'select count(*), sum(n) from e.t'
	} > "$dir/found" 2>&1
	grep -q 'rows are whole' "$dir/found" || status=1
	client "$work/bin/mariadb-slap" $(options) --auto-generate-sql --concurrency=8 --number-of-queries=2000 > "$dir/slap" 2>&1 || status=1
	stop "$server_pid"
	start || status=1
	sql -e 'select count(*) from d.t' >> "$dir/found" || status=1
	stop "$server_pid"
	return $status
}

# It speaks first, and hears nothing sensible.
raw() {
	start || return 1
	{ sleep 0.3; printf 'nonsense\n'; } | peer_client | grep -ao 'MariaDB-[0-9+a-z]*' > "$dir/found"
	stop "$server_pid"
	grep -aq MariaDB "$dir/found"
}

the_agent agent --ttl 5m
both "MariaDB, a load, a dump and mariadb-slap" mariadb_work mariadbd mariadb mariadb-slap mariadb-dump
with_openssl "MariaDB greets" raw mariadbd nc
plan
