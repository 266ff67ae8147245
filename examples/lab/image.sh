#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the one image of the lab as LAB_IMAGE (svidwrap-lab) out of a folder below build/ that has what it needs.
set -euo pipefail
umask 022
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
built=$root/${BUILD:-build/release}
case ${BUILD:-} in /*) built=$BUILD ;; esac
image=${LAB_IMAGE:-svidwrap-lab}
out=${LAB_OUT:-$root/build/lab/out}
context=$out/context
stop() { echo "lab: $*" >&2; exit 2; }

docker info > /dev/null 2>&1 ||
	stop "no Docker engine answers: install it (apt-get install docker.io docker-compose), start it, and be root or in the group docker"
[ -x "$built/svidwrap" ] && [ -e "$built/libsvidwrap.so" ] || stop "svidwrap is not built: run 'make' in $root"
spire=$("$root/tests/spire/binaries.sh") || stop "SPIRE's binaries are missing, as said above"
base=$("$root/tests/support/base_image.sh") || stop "there is no base image, as said above"

# Owned by this user here, by root in the image; a policy that others may write would be refused.
rm -rf "$context"
mkdir -p "$context/spire" "$context/svidwrap" "$context/conf" "$context/policy" "$context/workload"
install -m 755 "$spire/spire-server" "$spire/spire-agent" "$context/spire/"
install -m 755 "$built/svidwrap" "$context/svidwrap/"
install -m 755 "$built/libsvidwrap.so" "$context/"
install -m 644 conf/*.conf "$context/conf/"
install -m 644 policy/*.yaml "$context/policy/"
install -m 755 workload/*.sh workload/*.py "$context/workload/"
install -m 644 Dockerfile "$context/"
echo "building the image $image on $base (minutes the first time, then seconds)" >&2
docker build --build-arg "BASE_IMAGE=$base" -t "$image" "$context" > "$out/image.log" 2>&1 ||
	{ tail -n 20 "$out/image.log" >&2; stop "docker build failed; all of it: $out/image.log"; }
rm -rf "$context"
