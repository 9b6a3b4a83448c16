#!/usr/bin/env bash
# Does what docs/first-hour.md asks of its reader, to the letter, in a fresh clone of this tree with what is not committed yet.
# ACCEPT=1 puts what the commands print into the document. `make test-docs` builds the host command and calls this.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=$PWD
document=docs/first-hour.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

git clone -q . "$scratch/clone"
git diff --binary HEAD >"$scratch/changes.patch"
cd "$scratch/clone"
[ ! -s ../changes.patch ] || git apply ../changes.patch
cp "$tree/$document" "$document"

status=0
start=$SECONDS
"$tree/artifacts/bin/lachesis" docs --walk ${ACCEPT:+--accept} "$document" || status=$?
echo "from clone to the end of the document: $((SECONDS - start)) s on this host"
[ -z "${ACCEPT:-}" ] || cp "$document" "$tree/$document"
exit $status
