#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sourced: fetches this workload's SVID into /run/svid, a tmpfs: svid.0.pem, svid.0.key, bundle.0.pem. They exist in
# memory, while the container runs.
svid=/run/svid

fetch_svid() {
	grep -q " $svid tmpfs " /proc/mounts || { echo "$svid is no tmpfs: no key is written to a disk" >&2; return 1; }
	(umask 077 && spire-agent api fetch x509 -socketPath /run/spire/sockets/agent.sock -write $svid)
}
spiffe_id() { sed -n 's|.*URI:\(spiffe://[^ ,]*\).*|\1|p' | head -n 1; }
