#!/usr/bin/env bash
# host-problems.sh [LOG]: what keeps the .NET SDK from working on this host, in one line; nothing if nothing is known to. LOG is what a
# build that failed has printed.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

tell() {
    echo "$1"
    exit 0
}

# existing PATH: the folder itself, or the nearest one above it that is there.
existing() {
    local folder=$1
    while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
    echo "$folder"
}

# writable PATH: whether files can be made in it, or it itself.
writable() {
    local folder file
    folder=$(existing "$1")
    [ -d "$folder" ] && [ -w "$folder" ] && [ -x "$folder" ] || return 1
    file=$(mktemp "$folder/.lachesis.XXXXXX" 2>/dev/null) || [ "$(free_mib "$folder")" -eq 0 ] || return 1
    rm -f "$file"
}

free_mib() {
    df -Pm "$(existing "$1")" 2>/dev/null | awk 'NR == 2 { print $4 }'
}

# place WHAT PATH MIB ADVICE: it must be writable and have room.
place() {
    local free
    writable "$2" || tell "$1 $2 cannot be written to: $4"
    free=$(free_mib "$2")
    [ "${free:-$3}" -ge "$3" ] || tell "no space left in $2: $free MiB are free, a build needs $3"
}

home=${DOTNET_CLI_HOME:-${HOME:-}}
[ -n "$home" ] || tell "HOME is not set: set it, or DOTNET_CLI_HOME, to a folder that can be written to"
place "the home folder" "$home" 1 "set HOME, or DOTNET_CLI_HOME, to a folder that can"
place "the folder for temporary files" "${TMPDIR:-/tmp}" 16 "set TMPDIR to a folder that can"
place "the folder for what is built," "$root/artifacts" 64 "build in a copy of the sources that is yours"

# Packages that are there already are only read.
packages=${NUGET_PACKAGES:-$home/.nuget/packages}
ilc=$packages/runtime.linux-x64.microsoft.dotnet.ilcompiler/$(sed -n 's:.*<IlcVersion>\(.*\)</IlcVersion>.*:\1:p' "$root/Directory.Packages.props")
if [ ! -e "$ilc" ]; then
    place "the folder for NuGet's packages" "$packages" 512 "set NUGET_PACKAGES to a folder that can"
fi

log=${1:-}
if [ -r "$log" ]; then
    if grep -qE 'No space left on device|There is not enough space on the disk' "$log"; then
        tell "no space is left: $(grep -m 1 -oE "(No space left on device|not enough space on the disk).*" "$log" | cut -c1-200)"
    fi
    if grep -qE 'NU1301|Unable to load the service index' "$log"; then
        source=$(grep -m 1 -oE 'https?://[^ /]+' "$log")
        tell "packages could not be fetched from ${source:-the NuGet source}: there is no network, or it needs a proxy (https_proxy)"
    fi
    if grep -qE 'Access to the path .* is denied' "$log"; then
        tell "$(grep -m 1 -oE "Access to the path '[^']*' is denied" "$log"): give yourself the right to write there"
    fi
fi
