#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: rsync
# package: rsync
# roles: server, client
# done: a tree of 400 files and one of 5 MB, fetched and sent, then sent again with changes
# limits: none known
. "$(dirname "$0")/../scene.sh"

program rsync
program nc
mkdir -p "$work/tree/a/b"
for i in {1..400}; do head -c $((i * 50)) /dev/urandom > "$work/tree/a/b/$i"; done
head -c 5000000 /dev/urandom > "$work/tree/large"

start() {
	mkdir -p "$dir/in"
	cat > "$dir/rsyncd.conf" <<- CONF
		log file = $dir/rsync.log
		use chroot = no
		uid = root
		gid = root
		[out]
			path = $work/tree
		[in]
			path = $dir/in
			read only = no
	CONF
	serve "$work/bin/rsync" --daemon --no-detach --address=127.0.0.1 --port="$port" --config="$dir/rsyncd.conf"
}

trees() {
	start || return 1
	{
		client "$work/bin/rsync" -a "rsync://127.0.0.1:$port/out/" "$dir/copy/" && diff -r "$work/tree" "$dir/copy" && echo fetched
		client "$work/bin/rsync" -a "$work/tree/" "rsync://127.0.0.1:$port/in/" && diff -r "$work/tree" "$dir/in" && echo sent
		echo change >> "$dir/copy/large"
		rm "$dir/copy/a/b/7"
		client "$work/bin/rsync" -a --delete "$dir/copy/" "rsync://127.0.0.1:$port/in/" && diff -r "$dir/copy" "$dir/in" && echo changed
		client "$work/bin/rsync" "rsync://127.0.0.1:$port/"
	} > "$dir/found" 2>&1
	stop "$server_pid"
	grep -q fetched "$dir/found" && grep -q sent "$dir/found" && grep -q changed "$dir/found"
}

raw() {
	start || return 1
	printf '@RSYNCD: 31.0\n#list\n' | peer_client > "$dir/found"
	stop "$server_pid"
	grep -q '^out' "$dir/found"
}

the_agent agent --ttl 5m
both "rsync, trees both ways" trees rsync rsync
with_openssl "rsync's list of modules" raw rsync nc
plan
