#!/usr/bin/env bash
# gdb.sh MANIFEST PLACE COMMAND...: a session of `make debug ICOUNT=1` that stops at the place and gives those commands, as a terminal
# would show it; paths are those within the repository. For the examples in docs/.
set -euo pipefail
cd "$(dirname "$0")/../.."

manifest=$1 place=$2
shift 2
script=$(mktemp)
trap 'rm -f "$script"' EXIT
for command in "$@"; do
    printf 'echo (gdb) %s\\n\n%s\n' "$command" "$command"
done >"$script"

artifacts/bin/lachesis debug "$manifest" --kernel artifacts/image/kernel-debug.elf --icount --cpus 2 --break "$place" \
    --batch "$script" --timeout 3600 --out artifacts/docs 2>&1 |
    sed -e "s#$PWD/##g" -e '/^$/d' -e '/^0x000000000000fff0 in/d' -e '/^\[Inferior 1/d' -e '/^\[Switching to/d'
