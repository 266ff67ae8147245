#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: perl (IO::Socket::INET, IO::Select)
# package: perl
# roles: server, client
# done: a server that greets and forks for each of 10 clients: lines by print and readline, 1 MB blocks by read; a server on IO::Select with sysread and syswrite, 10 clients with a writing and a reading process on one connection; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random large 3000000
keep_path=1 program perl
program nc

cat > "$work/forking.pl" << 'PERL'
use strict; use warnings; use IO::Socket::INET;
my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 50, ReuseAddr => 1) or die "listen: $@";
$SIG{CHLD} = 'IGNORE';
while (my $c = $l->accept) {
	defined(my $pid = fork) or die "fork: $!";
	if ($pid) { close $c; next; }
	close $l;
	printf $c "hello from %s\n", $c->sockport == $ARGV[0] ? 'the port' : 'elsewhere';
	while (defined(my $line = <$c>)) {
		my ($verb, $n) = split ' ', $line;
		if ($verb eq 'double') { print $c $n * 2, "\n"; }
		elsif ($verb eq 'take') { read($c, my $block, $n) == $n or die "short: $!"; print $c "$n\n", scalar reverse $block; }
		elsif ($verb eq 'bye') { print $c "bye\n"; last; }
	}
	exit 0;
}
PERL

# What goes out waits in a buffer until the socket can be written: an echo without a process or thread for each client.
cat > "$work/select.pl" << 'PERL'
use strict; use warnings; use IO::Socket::INET; use IO::Select; use POSIX qw(EAGAIN);
my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 50, ReuseAddr => 1) or die "listen: $@";
$SIG{PIPE} = 'IGNORE';
my ($in, $out) = (IO::Select->new($l), IO::Select->new);
my (%left, %ended);
my $done = sub { my $c = shift; $in->remove($c); $out->remove($c); delete $left{$c}; delete $ended{$c}; close $c; };
while (my ($r, $w) = IO::Select->select($in, $out, undef)) {
	for my $c (@$r) {
		if ($c == $l) { my $n = $l->accept or next; $n->blocking(0); $in->add($n); $left{$n} = ''; next; }
		my $n = sysread $c, $left{$c}, 65536, length $left{$c};
		if (!defined $n) { next if $! == EAGAIN; die "sysread: $!"; }
		if ($n == 0) { $ended{$c} = 1; $in->remove($c); length $left{$c} or $done->($c); next; }
		$out->add($c);
		$in->remove($c) if length $left{$c} > 1_000_000;
	}
	for my $c (@$w) {
		next unless defined $left{$c};
		my $n = syswrite $c, $left{$c};
		if (!defined $n) { next if $! == EAGAIN; die "syswrite: $!"; }
		substr($left{$c}, 0, $n, '');
		$in->add($c) unless $ended{$c};
		next if length $left{$c};
		$out->remove($c);
		$done->($c) if $ended{$c};
	}
}
PERL

# PORT FILE COUNT: a process for each client
cat > "$work/lines.pl" << 'PERL'
use strict; use warnings; use IO::Socket::INET;
my ($port, $file, $count) = @ARGV;
open my $f, '<:raw', $file or die; read $f, my $block, 1_000_000;
for my $i (1 .. $count) {
	next if fork;
	my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $@";
	my $said = <$c>;
	print $c "double $i\n"; $said .= <$c>;
	print $c "take 1000000\n", $block;
	$said .= <$c>; my $n = read $c, my $back, 1_000_000;
	$said .= $back eq reverse($block) ? "whole $n\n" : "differs\n";
	print $c "bye\n"; $said .= <$c>; $said .= defined <$c> ? "more\n" : "end\n";
	open my $o, '>', "$ARGV[3]/client-$i" or die; print $o "client $i: ", $said; close $o or die;
	exit 0;
}
my $bad = 0; while (wait > 0) { $bad++ if $? } exit $bad;
PERL

cat > "$work/echoed.pl" << 'PERL'
use strict; use warnings; use IO::Socket::INET;
my ($port, $file, $count) = @ARGV;
open my $f, '<:raw', $file or die; read $f, my $block, 1_000_000;
for my $i (1 .. $count) {
	next if fork;
	my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $@";
	my $writer = fork;
	if (!$writer) { print $c $block; $c->flush; $c->shutdown(1); exit 0; }
	local $/; my $back = <$c>;
	waitpid $writer, 0;
	exit($? || ($back eq $block ? 0 : 1));
}
my $good = 0; while (wait > 0) { $good++ unless $? }
print "$good of $count are whole\n";
PERL

forking() {
	serve "$work/bin/perl" "$work/forking.pl" "$port" || return 1
	client "$work/bin/perl" "$work/lines.pl" "$port" "$work/large" 10 "$dir" || return 1
	cat "$dir"/client-* > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c '^whole 1000000' "$dir/found")" -eq 10 ]
}

selecting() {
	serve "$work/bin/perl" "$work/select.pl" "$port" || return 1
	client "$work/bin/perl" "$work/echoed.pl" "$port" "$work/large" 10 > "$dir/found"
	stop "$server_pid"
	grep -qx '10 of 10 are whole' "$dir/found"
}

raw() {
	serve "$work/bin/perl" "$work/forking.pl" "$port" || return 1
	{ printf 'double 21\ntake 3000000\n'; cat "$work/large"; echo bye; } | peer_client > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 3000000 ]
}

to_a_stranger() {
	peer_server "$work/large" || return 1
	client "$work/bin/perl" -MIO::Socket::INET -e '
		my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die;
		print $c "please\n";
		read($c, my $all, 3_000_000) == 3_000_000 or die "short: $!";
		print $all' "$port" > "$dir/found"
	stop "$server_pid"
	grep -qx please "$dir/heard" && cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "perl forks for each of 10 clients" forking perl perl
both "perl's IO::Select, 10 clients" selecting perl perl
with_openssl "perl and a client" raw perl nc
with_openssl "perl and a server" to_a_stranger nc perl
plan
