#!/usr/bin/env bash
# second-qemu.sh FOLDER: finds a QEMU of another version than the usual one, and prints its path. $SECOND_QEMU names it; else the
# backports of this Debian are asked for theirs, which is unpacked in FOLDER and not installed; the machine's own lists of packages
# are not touched. Ends with status 3 and one line if there is none.
set -euo pipefail

usual=${LACHESIS_QEMU:-qemu-system-x86_64}
none() {
    echo "no second QEMU: $1" >&2
    exit 3
}
version() { "$1" --version 2>/dev/null | sed -nE '1s/^QEMU emulator version ([0-9.]+).*/\1/p'; }
# other PROGRAM: prints it if its version is another.
other() {
    local found
    found=$(version "$1") || true
    [ -n "$found" ] || none "$1 does not run"
    [ "$found" != "$(version "$usual")" ] || none "$1 is $found as well"
    echo "$1"
    exit 0
}

[ -z "${SECOND_QEMU:-}" ] || other "$SECOND_QEMU"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
program=$folder/root/usr/bin/qemu-system-x86_64
[ ! -e "$folder/done" ] || other "$program"

# shellcheck disable=SC1091
. /etc/os-release
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] || none "backports are looked for on Debian only; SECOND_QEMU=PATH names another"
command -v apt-get >/dev/null && [ -e $keys ] || none "there is no apt-get, or no key of Debian's archive"
mkdir -p "$folder"/{lists/partial,archives/partial,root}
for suite in "$VERSION_CODENAME" "$VERSION_CODENAME-updates" "$VERSION_CODENAME-backports"; do
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $suite main"
done >"$folder/sources.list"

# Lists, cache and locks of its own; what is installed is the machine's, so that only what is missing is fetched.
own=(-q -y -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$folder/lists"
    -o Dir::Cache="$folder" -o Dir::Cache::Archives="$folder/archives" -o Debug::NoLocking=1 -o APT::Sandbox::User=
    -o Acquire::Retries=1 -o Acquire::http::Timeout=10 -o Acquire::Languages=none)
log=$folder/log
timeout 60 apt-get "${own[@]}" update >"$log" 2>&1 || none "apt-get update failed: $(tail -n 1 "$log")"
timeout 60 apt-get "${own[@]}" --no-install-recommends --download-only --target-release "$VERSION_CODENAME-backports" \
    install qemu-system-x86 >>"$log" 2>&1 || none "apt-get could not fetch it: $(tail -n 1 "$log")"
compgen -G "$folder/archives/*.deb" >/dev/null || none "backports have no other version"
for package in "$folder"/archives/*.deb; do
    dpkg -x "$package" "$folder/root"
done

# Libraries that came along are found through a script in the program's place.
libraries=$folder/root/usr/lib/$(uname -m)-linux-gnu
if ldd "$program" | grep -q 'not found'; then
    mv "$program" "$program.bin"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$program.bin" >"$program"
    chmod +x "$program"
fi

rm -rf "$folder/archives" "$folder/lists"
touch "$folder/done"
other "$program"
