#!/bin/sh
# Make .venv with a Python 3.11 or newer, install one lock file in it, then the project itself.
#   tools/setup.sh requirements.lock        PYTHON=/path/to/python chooses the interpreter
set -eu
cd "$(dirname "$0")/.."
lock=$1
venv_python=.venv/bin/python

fail() {
    printf '\nSet-up stopped: %s\n' "$1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python3.14; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

has_pip() {
    "$venv_python" -m pip --version >/dev/null 2>&1 || "$venv_python" -m ensurepip >/dev/null 2>&1
}

python=$(find_python) || fail "no Python 3.11 or newer was found.
  Debian:  sudo apt-get install python3 python3-venv
  macOS:   install Python from https://www.python.org/downloads/"

# Debian splits ensurepip, which brings pip, off into its own package.
if ! is_new_enough "$venv_python"; then
    "$python" -m venv --clear --without-pip .venv
fi
if has_pip; then
    pip="$venv_python -m pip"
elif "$python" -m pip --python "$venv_python" --version >/dev/null 2>&1; then
    pip="$python -m pip --python $venv_python" # the machine's own pip, working on the .venv
else
    package="python$("$venv_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing the Debian package $package, which brings pip."
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >/dev/null ||
            fail "apt-get could not install $package."
    fi
    has_pip || fail "this Python has no pip.
  Debian:  sudo apt-get install $package
  then run the same command again."
    pip="$venv_python -m pip"
fi

echo "Installing the packages of $lock (the first time takes a minute or two)."
# Wheels only: a source package would run code whose own needs are in no lock.
$pip install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: -r "$lock" ||
    fail "pip could not install $lock; its message is above."
$pip install --quiet --disable-pip-version-check \
    --no-deps --no-build-isolation --no-index -e . ||
    fail "pip could not install the project itself; its message is above."
