#!/usr/bin/env bash
# The kernel under a second version of QEMU (boot/second-qemu.sh): every smoke at two CPUs, the accepted costs to the digit, and
# figures that repeat. Ends with the count, or with status 3 if no second QEMU is to be had.
set -uo pipefail
cd "$(dirname "$0")/.."

lachesis=artifacts/bin/lachesis
out=artifacts/second-qemu
passed=0
failed=0
if ! qemu=$(boot/second-qemu.sh $out 2>&1); then
    echo "skipped: $qemu"
    exit 3
fi

"$qemu" --version | head -n 1

check() {
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

scale() { "$lachesis" thread-scale --icount --shapes 1x1,4x2 --runs 2 "$@"; }

# The same figures from two runs, but for what says which QEMU it was. Two versions agree about what instructions cost; between
# which instructions a timer's interrupt comes is each one's own affair.
same() {
    local differences
    differences=$("$lachesis" compare-evidence "$1/latest" "$2/latest" | grep -vE '^environment\.qemu|^[0-9]+ differ$|^the same$')
    [ -z "$differences" ] && return
    printf '%s\n' "$differences"
    return 1
}

"$lachesis" smoke --cpus 2 --qemu "$qemu" --out $out/smokes | tee $out/smokes.log
counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' $out/smokes.log)
counts=${counts:-0 1}
passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
check "$lachesis" costs --out $out/usual
check "$lachesis" costs --out $out/first --qemu "$qemu"
check same $out/usual/costs $out/first/costs
check scale --out $out/first --qemu "$qemu"
check scale --out $out/second --qemu "$qemu"
check same $out/first/thread-scale $out/second/thread-scale
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
