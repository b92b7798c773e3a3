#!/bin/sh
# First of the steps that make a build stage: Python and the pinned uv. The machine's own certificates, where it has
# some, come as the build secret `ca`; where packages come from, as pip's and uv's own variables.
set -eu

apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3 python3-venv
python3 -m venv /opt/uv
if [ -s /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca
fi
/opt/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r /work/uv.txt
