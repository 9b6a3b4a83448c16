#!/usr/bin/env bash
# setup.sh [PACKAGE...]: makes sure that what the build and the runs need is installed, and the programs of these packages (each
# named like its program); says in one line what is missing when it cannot.
set -euo pipefail

if ! command -v dotnet >/dev/null; then
    echo "setup: the .NET SDK is missing: install .NET 10 (see global.json for the version) and try again" >&2
    exit 1
fi

# Before the SDK is asked anything: it takes an unwritable home for a missing SDK, and more.
problem=$("$(dirname "$0")/host-problems.sh")
if [ -n "$problem" ]; then
    echo "setup: $problem" >&2
    exit 1
fi

if ! (cd "$(dirname "$0")/.." && dotnet --version >/dev/null 2>&1); then
    echo "setup: no .NET SDK matches global.json: install .NET 10 and try again" >&2
    exit 1
fi

missing=()
command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
command -v ld >/dev/null && command -v objcopy >/dev/null || missing+=(binutils)
for package in "$@"; do
    command -v "$package" >/dev/null || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "setup: missing ${missing[*]}: run 'sudo apt-get install ${missing[*]}' and try again" >&2
        exit 1
    fi
    as_root=(sudo)
fi

if ! command -v apt-get >/dev/null; then
    echo "setup: missing ${missing[*]}, and there is no apt-get here to install them with" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "setup: installing ${missing[*]}"
if ! { "${as_root[@]}" apt-get update && DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y \
    --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    echo "setup: apt-get could not install ${missing[*]}: $(tail -n 1 "$log")" >&2
    exit 1
fi
