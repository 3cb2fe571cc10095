#!/bin/sh
# Write requirements.lock (running and building) and requirements-dev.lock (the same, and tests and linters):
# versions and hashes for every platform and every Python from 3.11 on, and no registry address.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
if ! command -v uv >/dev/null; then
    echo "make lock needs uv: .venv/bin/pip install uv" >&2
    exit 1
fi

lock() {
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --only-binary :all: --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-strip-extras --no-annotate --no-header "$@" >/dev/null
}
lock pyproject.toml --group build -o requirements.lock
lock pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
