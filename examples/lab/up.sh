#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the image, starts the lab as it was before the upgrade, registers its workloads.
set -euo pipefail
"$(dirname "$0")/image.sh"
. "$(dirname "$0")/compose.sh"
lab_say "starting the containers of the project $project"
compose up -d spire-server spire-agent backend ledger client rogue > /dev/null 2> >(grep -iE 'error|cannot|invalid|denied' >&2) ||
	lab_stop "docker-compose up failed"
"$lab/data/setup.sh"
lab_say "the lab is up: make mtls, deny, before, after, demo, check, shell, down"
