#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: ruby (TCPServer, TCPSocket, IO.copy_stream)
# package: ruby
# roles: server, client
# done: an echo with a thread for each of 20 clients, 1 MB each; a file by IO.copy_stream; lines by gets and puts; OpenSSL's client on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random large 3000000
keep_path=1 program ruby
program nc

start_ruby() { # PROGRAM
	serve "$work/bin/ruby" -rsocket -e "s = TCPServer.new('127.0.0.1', $port); loop { c = s.accept; Thread.new { $1; c.close } }"
}

echoed() {
	start_ruby 'while d = (c.readpartial(65536) rescue nil) do c.write d end' || return 1
	client "$work/bin/ruby" -rsocket -e "
		want = File.binread('$work/large', 1_000_000)
		puts (1..20).map { |i| Thread.new {
			c = TCPSocket.new('127.0.0.1', $port)
			w = Thread.new { c.write want; c.close_write }
			got = c.read; w.join; c.close
			%(#{i} #{got == want})
		} }.map(&:value)" > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c true "$dir/found")" -eq 20 ]
}

copied() {
	start_ruby "n = c.gets.to_i; c.puts n * 2; IO.copy_stream('$work/large', c)" || return 1
	client "$work/bin/ruby" -rsocket -e "
		c = TCPSocket.new('127.0.0.1', $port)
		c.puts 21; puts c.gets
		IO.copy_stream(c, '$dir/got')" > "$dir/found"
	stop "$server_pid"
	grep -qx 42 "$dir/found" && cmp "$dir/got" "$work/large"
}

raw() {
	start_ruby "c.gets; IO.copy_stream('$work/large', c)" || return 1
	echo please | peer_client > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "ruby's echo, 20 clients" echoed ruby ruby
both "ruby's IO.copy_stream and lines" copied ruby ruby
with_openssl "ruby and a client" raw ruby nc
plan
