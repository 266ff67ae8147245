#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the running containers a trust domain: a join token for the agent, a registration entry for each workload.
# Can be run again; what is there stays.
set -euo pipefail
. "$(dirname "$0")/../compose.sh"
socket=/tmp/spire-server/private/api.sock
parent=spiffe://corp.local/agent

server() { inside spire-server spire-server "$@" -socketPath $socket; }
# Standard input becomes a file that appears whole, in the agent's own volume: a token is in no environment, no command
# line and no file of this machine's user.
to_agent() { compose exec -T spire-agent sh -c "umask 077; cat > /opt/spire/data/.new && mv /opt/spire/data/.new /opt/spire/data/$1"; }

await 60 "the SPIRE server" server healthcheck
if ! inside spire-agent test -s /opt/spire/data/agent-data.json; then
	lab_say "joining the agent with a fresh token"
	server bundle show | to_agent bootstrap.pem
	server token generate -spiffeID $parent | sed -n 's/^Token: //p' | to_agent join_token
fi
await 60 "the SPIRE agent to be attested" inside spire-agent spire-agent healthcheck -socketPath /run/spire/sockets/agent.sock
inside spire-agent rm -f /opt/spire/data/join_token.used

# A workload is whoever runs in a container with this label: see docs/findings.md for what that is worth.
for name in backend client ledger; do
	server entry show -spiffeID "spiffe://corp.local/$name" | grep -q "^Found 0 " || continue
	server entry create -parentID $parent -spiffeID "spiffe://corp.local/$name" \
		-selector "docker:label:com.corp.svc:$name" > /dev/null
done
for name in backend client ledger; do
	await 60 "the entry of $name to reach the agent" inside $name spire-agent api fetch x509 -socketPath ${api#unix://}
done
await 60 "the backend to serve" inside client nc -z backend 8443
