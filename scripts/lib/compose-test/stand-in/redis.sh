#!/usr/bin/env bash
# Begins as the official image of Redis does: the server runs as the user redis, everything else as it is.
set -euo pipefail

if [[ ${1-} == redis-server && $(id -u) == 0 ]]; then
    chown redis:redis .
    exec setpriv --reuid=redis --regid=redis --init-groups "$@"
fi
exec "$@"
