#!/usr/bin/env bash
# The image gates on both kernels and on every guest program; ends with the count.
set -uo pipefail
cd "$(dirname "$0")/.."

lachesis=artifacts/bin/lachesis
image=artifacts/image
passed=0
failed=0

verify() {
    local out status=0
    echo "$1"
    out=$("$lachesis" verify "$@") || status=$?
    printf '%s\n' "$out"
    passed=$((passed + $(grep -c '^ok ' <<<"$out")))
    failed=$((failed + $(grep -c '^FAIL ' <<<"$out")))
    [ -n "$out" ] || failed=$((failed + 1))
    return $status
}

# The paths are those of the kernel that is measured; the one that measures has other code in them.
for kernel in kernel kernel-measured; do
    paths=()
    [ $kernel = kernel ] && paths=(--path tests/paths/ipc.json)
    verify $image/$kernel.elf --object $image/$kernel.o --stubs $image/boot.o --cleared-by system_call_entry "${paths[@]}"
done

for debug in $image/programs/*.debug; do
    verify "$debug" --profile program --object "${debug%.debug}.o" --stubs $image/user.o
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
