#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: erl (gen_tcp, file:sendfile, socket, distribution) epmd
# package: erlang-base
# roles: server, client
# done: an echo of 5 MB in each of packet 4, line and raw with each of passive, active, active once and active N on both sides; each connection given to a process of its own; 8 clients at once; file:sendfile; the socket module; two nodes and epmd: calls with 5 MB; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random large 5000000
base64 -w 1000 "$work/large" | head -c 5004999 > "$work/text"
echo >> "$work/text"
command -v erl > /dev/null || skip_all "with erl" "erl is not installed; make check-daemons installs it"
keep_path=1 program beam.smp "$(echo /usr/lib/erlang/erts-*/bin/beam.smp)" # erl is a script, and ends as this
keep_path=1 program epmd "$(echo /usr/lib/erlang/erts-*/bin/epmd)"
program nc

cat > "$work/tcp.erl" << 'ERLANG'
-module(tcp).
-export([server/1, client/1, fetch/1, call/0]).

listen(Port) ->
	{ok, L} = gen_tcp:listen(list_to_integer(Port), [binary, {ip, {127, 0, 0, 1}}, {active, false}, {packet, line},
		{reuseaddr, true}, {backlog, 64}, {buffer, 65536},
		{exit_on_close, false}]), % the client ends its half first
	L.

%% The client's first line says how to go on.
server([Port, File]) -> accepting(listen(Port), File).
accepting(L, File) ->
	{ok, S} = gen_tcp:accept(L),
	Pid = spawn(fun() -> receive yours -> first(S, File) end end),
	ok = gen_tcp:controlling_process(S, Pid),
	Pid ! yours,
	accepting(L, File).

first(S, File) ->
	{ok, Line} = gen_tcp:recv(S, 0),
	case string:lexemes(Line, " \n") of
		[<<"file">>] ->
			{ok, _} = file:sendfile(File, S),
			gen_tcp:close(S);
		[Packet, Mode] ->
			ok = gen_tcp:send(S, "ready\n"),
			set(S, Packet),
			echo(S, binary_to_atom(Mode))
	end.

set(S, <<"4">>) -> inet:setopts(S, [{packet, 4}]);
set(S, <<"line">>) -> inet:setopts(S, [{packet, line}]);
set(S, <<"raw">>) -> inet:setopts(S, [{packet, raw}]).

begun(_, passive) -> ok;
begun(S, active) -> inet:setopts(S, [{active, true}]);
begun(_, once) -> ok;
begun(S, several) -> inet:setopts(S, [{active, 10}]).

next(S, passive) ->
	case gen_tcp:recv(S, 0) of
		{ok, D} -> D;
		{error, Why} -> Why
	end;
next(S, Mode) ->
	Mode =/= once orelse inet:setopts(S, [{active, once}]),
	receive
		{tcp, S, D} -> D;
		{tcp_passive, S} -> inet:setopts(S, [{active, 10}]), next(S, Mode);
		{tcp_closed, S} -> closed;
		{tcp_error, S, Why} -> Why
	end.

echo(S, Mode) -> begun(S, Mode), echoing(S, Mode).
echoing(S, Mode) ->
	case next(S, Mode) of
		D when is_binary(D) -> ok = gen_tcp:send(S, D), echoing(S, Mode);
		closed -> gen_tcp:close(S)
	end.

%% One connection: what came back, and how it ended.
ask(Port, Packet, Mode, Parts) ->
	{ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, line}, {buffer, 65536}, {nodelay, true}], 20000),
	ok = gen_tcp:send(S, [Packet, " ", atom_to_list(Mode), "\n"]),
	{ok, <<"ready\n">>} = gen_tcp:recv(S, 0),
	set(S, Packet),
	spawn_link(fun() -> [ok = gen_tcp:send(S, P) || P <- Parts], half(Mode) andalso gen_tcp:shutdown(S, write) end),
	begun(S, Mode),
	collect(S, Mode, iolist_size(Parts), []).

%% Where the server is told of the end while it is in send, its send fails: only the others end their half first.
half(Mode) -> Mode =:= passive orelse Mode =:= once.

collect(S, Mode, Left, Parts) ->
	case half(Mode) orelse Left > 0 of
		true ->
			case next(S, Mode) of
				D when is_binary(D) -> collect(S, Mode, Left - byte_size(D), [D | Parts]);
				End -> gen_tcp:close(S), {lists:reverse(Parts), End}
			end;
		false -> gen_tcp:close(S), {lists:reverse(Parts), closed}
	end.

%% In mode raw the parts are the system's.
same(<<"raw">>, Want, {Got, closed}) -> iolist_to_binary(Want) =:= iolist_to_binary(Got);
same(_, Want, {Got, closed}) -> Want =:= Got;
same(_, _, _) -> false.

parts(<<>>, _) -> [];
parts(B, N) when byte_size(B) =< N -> [B];
parts(B, N) -> <<P:N/binary, Rest/binary>> = B, [P | parts(Rest, N)].

client([Port0, File, TextFile]) ->
	Port = list_to_integer(Port0),
	{ok, Large} = file:read_file(File),
	{ok, Text} = file:read_file(TextFile),
	Parts = fun(<<"line">>) -> [<<L/binary, "\n">> || L <- binary:split(Text, <<"\n">>, [global, trim])];
		(<<"4">>) -> [<<>> | parts(Large, 100000)];
		(<<"raw">>) -> [Large] end,
	[io:format("packet ~s, ~s: ~s~n", [P, M, same(P, Parts(P), ask(Port, P, M, Parts(P)))])
		|| P <- [<<"4">>, <<"line">>, <<"raw">>], M <- [passive, active, once, several]],
	Self = self(),
	[spawn_link(fun() -> Self ! {echoed, same(<<"raw">>, [Large], ask(Port, <<"raw">>, once, [Large]))} end) || _ <- lists:seq(1, 8)],
	io:format("at once: ~p~n", [[receive {echoed, R} -> R end || _ <- lists:seq(1, 8)]]),
	{ok, F} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
	ok = gen_tcp:send(F, "file\n"),
	io:format("file: ~p ~p~n", [gen_tcp:recv(F, byte_size(Large)) =:= {ok, Large}, gen_tcp:recv(F, 0)]),
	{ok, S} = socket:open(inet, stream, tcp),
	ok = socket:connect(S, #{family => inet, addr => {127, 0, 0, 1}, port => Port}),
	ok = socket:send(S, "raw passive\n"),
	{ok, <<"ready\n">>} = socket:recv(S, 6),
	spawn_link(fun() -> ok = socket:send(S, Large), ok = socket:shutdown(S, write) end),
	io:format("socket: ~p ~p~n", [socket:recv(S, byte_size(Large)) =:= {ok, Large}, socket:recv(S, 0)]),
	halt(0, [{flush, true}]).

fetch([Port, Size, To]) ->
	{ok, S} = gen_tcp:connect({127, 0, 0, 1}, list_to_integer(Port), [binary, {active, false}]),
	ok = gen_tcp:send(S, "please\n"),
	{ok, D} = gen_tcp:recv(S, list_to_integer(Size)),
	ok = file:write_file(To, D),
	gen_tcp:close(S),
	halt(0).

%% Node a may not have told epmd of itself yet.
reached(_, 0) -> pang;
reached(Node, Times) ->
	case net_adm:ping(Node) of
		pong -> pong;
		pang -> receive after 100 -> reached(Node, Times - 1) end
	end.

call() ->
	Node = 'a@127.0.0.1',
	Large = binary:copy(<<"abcdefghij">>, 500000),
	io:format("~p~n", [reached(Node, 100)]),
	io:format("there ~p~n", [rpc:call(Node, erlang, md5, [Large]) =:= erlang:md5(Large)]),
	io:format("back ~p~n", [rpc:call(Node, binary, copy, [<<"abcdefghij">>, 500000]) =:= Large]),
	Pid = spawn(Node, fun() -> receive {From, B} -> From ! {self(), B} end end),
	Pid ! {self(), Large},
	io:format("message ~p~n", [receive {Pid, B} -> B =:= Large end]),
	halt(0, [{flush, true}]).
ERLANG
erlc -o "$work" "$work/tcp.erl" > "$work/erlc.out" 2>&1 || { show "$work/erlc.out"; ok 1 "erlang's module is made"; plan; }
run=(/usr/bin/erl -noshell -noinput -pa "$work" -run tcp)

gen_tcp() {
	serve "${run[@]}" server "$port" "$work/large" || return 1
	client "${run[@]}" client "$port" "$work/large" "$work/text" > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c '^packet .*: true$' "$dir/found")" -eq 12 ] && grep -q "^at once: .true$(printf ',true%.0s' {1..7})\]" "$dir/found" &&
		grep -qx 'file: true {error,closed}' "$dir/found" && grep -qx 'socket: true {error,closed}' "$dir/found"
}

nodes() {
	local epmd node=(-start_epmd false -setcookie taste)
	spawn "$what/epmd" "${on_server[@]}" "$work/bin/epmd" -port "$epmd_port" -address 127.0.0.1
	epmd=$spawned
	await_port "$epmd_port" "$epmd" || return 1
	serve /usr/bin/erl -noinput -pa "$work" "${node[@]}" -name a@127.0.0.1 -kernel inet_dist_listen_min "$port" inet_dist_listen_max "$port" || return 1
	client "${run[@]:0:5}" "${node[@]}" -name b@127.0.0.1 -dist_listen false -run tcp call > "$dir/found"
	stop "$server_pid" "$epmd"
	[ "$(grep -c true "$dir/found")" -eq 3 ]
}

raw() {
	serve "${run[@]}" server "$port" "$work/large" || return 1
	echo file | peer_client > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/large"
}

to_a_stranger() {
	peer_server "$work/large" || return 1
	client "${run[@]}" fetch "$port" 5000000 "$dir/found"
	stop "$server_pid"
	grep -qx please "$dir/heard" && cmp "$dir/found" "$work/large"
}

free_port epmd_port
export ERL_EPMD_PORT=$epmd_port
more_rules="  - name: epmd-in
    accept: \"127.0.0.1:$epmd_port\"
    peers: [$ID/beam.smp]
  - name: epmd-out
    connect: \"127.0.0.1:$epmd_port\"
    peers: [$ID/epmd]"
the_agent agent --ttl 5m
both "erlang's gen_tcp in all its modes" gen_tcp beam.smp beam.smp
both "erlang's nodes and epmd" nodes beam.smp beam.smp
with_openssl "erlang's file:sendfile and a client" raw beam.smp nc
with_openssl "erlang's gen_tcp and a server" to_a_stranger nc beam.smp
plan
