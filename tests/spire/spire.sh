# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# SPIRE servers and agents for the shell suites, everything below $work. Source it after tests/support/lab.sh.
# A server NAME has its folder $work/NAME, its trust domain ${domain[NAME]} and its port ${server_port[NAME]}; the agent
# of that server is NAME-agent, at $agent_api.
declare -A domain server_port server_pid agent_pid

# have_spire: $spire is the folder with the binaries; else $spire_why says what is missing.
have_spire() {
	spire=$("$lab_root/tests/spire/binaries.sh" 2> "$work/spire_why") && return
	spire_why=$(< "$work/spire_why")
	return 1
}

# spire_server NAME TRUST_DOMAIN: with short rotation. From the environment: spire_ttl (of X509-SVIDs, default 1m),
# spire_ca_ttl (24h), spire_federation (the text of a federation block), spire_upstream (the text of an
# UpstreamAuthority plugin).
spire_server() {
	local name=$1 port
	free_port port
	domain[$name]=$2 server_port[$name]=$port
	mkdir -p "$work/$name/data"
	cat > "$work/$name/server.conf" <<- CONF
		server {
		  bind_address = "127.0.0.1"
		  bind_port = "$port"
		  socket_path = "$work/$name/api.sock"
		  trust_domain = "$2"
		  data_dir = "$work/$name/data"
		  log_level = "INFO"
		  ca_ttl = "${spire_ca_ttl:-24h}"
		  default_x509_svid_ttl = "${spire_ttl:-1m}"
		  ${spire_federation:-}
		}
		plugins {
		  DataStore "sql" {
		    plugin_data { database_type = "sqlite3", connection_string = "$work/$name/data/datastore.sqlite3" }
		  }
		  NodeAttestor "join_token" { plugin_data {} }
		  KeyManager "disk" { plugin_data { keys_path = "$work/$name/data/keys.json" } }
		  ${spire_upstream:-}
		}
	CONF
	spire_server_start "$name"
}

# spire_server_start NAME: (again) with the configuration it has
spire_server_start() {
	spawn "$1-server" "$spire/spire-server" run -config "$work/$1/server.conf"
	server_pid[$1]=$spawned
	until_true 20 spire_server_ready "$1" || { show "$work/$1-server.err" "$work/$1-server.out"; return 1; }
}
spire_server_ready() { at_server "$1" healthcheck > /dev/null 2>&1; }

# at_server NAME COMMAND...: a command of spire-server to that server, e.g. at_server a entry show
at_server() {
	local name=$1 words=()
	shift
	while [ $# -gt 0 ] && [[ $1 != -* ]]; do
		words+=("$1")
		shift
	done
	"$spire/spire-server" "${words[@]}" -socketPath "$work/$name/api.sock" "$@"
}

# spire_agent NAME: an agent that server NAME attests by a join token; keeps its key, so that spire_agent_start brings
# it back without another token. Attests workloads by uid, path and sha256, or as spire_attestor says (the text of a
# WorkloadAttestor plugin).
spire_agent() {
	local name=$1 token attestor='WorkloadAttestor "unix" { plugin_data { discover_workload_path = true } }'
	agent_api="unix://$work/$name/agent.sock"
	mkdir -p "$work/$name/agent"
	at_server "$name" bundle show > "$work/$name/bootstrap.pem" || return 1
	cat > "$work/$name/agent.conf" <<- CONF
		agent {
		  data_dir = "$work/$name/agent"
		  log_level = "INFO"
		  server_address = "127.0.0.1"
		  server_port = "${server_port[$name]}"
		  socket_path = "$work/$name/agent.sock"
		  trust_bundle_path = "$work/$name/bootstrap.pem"
		  trust_domain = "${domain[$name]}"
		  experimental { sync_interval = "1s" }
		}
		plugins {
		  NodeAttestor "join_token" { plugin_data {} }
		  KeyManager "disk" { plugin_data { directory = "$work/$name/agent" } }
		  ${spire_attestor:-$attestor}
		}
	CONF
	token=$(at_server "$name" token generate -spiffeID "spiffe://${domain[$name]}/agent") || return 1
	spire_agent_start "$name" -joinToken "${token#Token: }"
}

# spire_agent_start NAME [OPTION...]
spire_agent_start() {
	local name=$1
	shift
	spawn "$name-agent" "$spire/spire-agent" run -config "$work/$name/agent.conf" "$@"
	agent_pid[$name]=$spawned
	until_true 20 spire_agent_ready "$name" || { show "$work/$name-agent.err" "$work/$name-agent.out"; return 1; }
}
spire_agent_ready() { "$spire/spire-agent" healthcheck -socketPath "$work/$1/agent.sock" > /dev/null 2>&1; }

# spire_entry NAME PATH SELECTOR... [-- OPTION...]: the workload with all these selectors is spiffe://DOMAIN/PATH.
spire_entry() {
	local name=$1 path=$2 options=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=(-selector "$1")
		shift
	done
	[ $# -eq 0 ] || shift
	at_server "$name" entry create -parentID "spiffe://${domain[$name]}/agent" \
		-spiffeID "spiffe://${domain[$name]}/$path" "${options[@]}" "$@" > "$work/entry.out" 2>&1 ||
		{ show "$work/entry.out"; return 1; }
}
