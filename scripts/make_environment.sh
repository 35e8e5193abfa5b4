#!/bin/sh
# Make a virtual environment at $1 with the first Python 3.11 or later that can.
# PYTHON names the interpreter to take instead.
set -eu

target=${1:?usage: make_environment.sh FOLDER}
candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}
without_pip=

for candidate in $candidates; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "Making $target with $("$candidate" --version) ($(command -v "$candidate"))"
        "$candidate" -m venv --clear "$target"
        exit 0
    fi
    without_pip=${without_pip:-$candidate}
done

if [ -n "$without_pip" ]; then
    version=$("$without_pip" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Python $version was found, but it cannot make virtual environments (no venv or ensurepip)." >&2
    echo "On Debian and Ubuntu: apt-get install python$version-venv" >&2
else
    echo "Atlas needs Python 3.11 or later; none was found (looked for: $candidates)." >&2
    echo "Name one with: make PYTHON=/path/to/python3 TARGET" >&2
fi
exit 1
