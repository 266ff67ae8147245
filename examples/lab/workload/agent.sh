#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SPIRE agent. Its first start needs a join token and the server's bundle, which setup.sh puts here; after that it
# has its own key and SVID.
set -eu
data=/opt/spire/data
if [ ! -s $data/agent-data.json ]; then
	echo "waiting for setup.sh to put a join token into $data"
	until [ -s $data/join_token ] && [ -s $data/bootstrap.pem ]; do sleep 0.2; done
	mv $data/join_token $data/join_token.used # a token serves once: after a failure wait for another
	set -- -joinTokenFile $data/join_token.used
fi
exec spire-agent run -config /opt/spire/conf/agent.conf "$@"
