#!/usr/bin/env bash
# guest-suites.sh NAME: the suites of tests/suites.json that are more than one command. Each ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."

lachesis=artifacts/bin/lachesis
measured=artifacts/image/kernel-measured.elf
passed=0
failed=0

# attempt COMMAND...: one test.
attempt() {
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# Counting instructions must give the same figures, digit for digit, every time.
repeatable() {
    local run
    for run in first second; do
        "$lachesis" thread-scale --icount --runs 2 --out "artifacts/repeatable/$run" || return
    done
    attempt "$lachesis" compare-evidence artifacts/repeatable/{first,second}/thread-scale/latest
}

# The guest and the simulator must agree about what a scenario file means: shares within 0.1%, and the order of dispatches where
# no two deadlines come as near to each other as the kernel's own time adds up to (docs/scenarios.md).
scenarios() {
    local name
    compare() { attempt "$lachesis" scenario --icount --out artifacts/compared --compare "$@"; }
    for name in producer-consumer eevdf-paper realtime hogs timers forks inversion semaphores; do
        compare order bench/scenarios/$name.json
    done
    compare order bench/scenarios/hogs.json --policy rr
    compare order bench/scenarios/timers.json --policy rr
    compare order bench/scenarios/sleeper.json --policy priority
    compare shares bench/scenarios/weights.json
    compare shares bench/scenarios/sleeper.json
    compare shares bench/scenarios/crowd.json
}

soak() {
    attempt "$lachesis" run tests/guest/soak/manifest.json --name soak --kernel "$measured" --measure --cpus 4 --timeout 180 \
        --argument "seconds=20 seed=$RANDOM"
}

# What is exact only where the clock counts instructions: how long taking authority back may take (docs/capabilities.md), and what
# the ledgers charge for a switch.
bounds() {
    local smoke
    for smoke in accounting cap session; do
        attempt "$lachesis" run tests/guest/$smoke/manifest.json --name $smoke-bounds --icount --cpus 1 --argument instructions=1
    done
}

# A million random system calls, and fewer on the kernel that asserts its invariants; another seed each time, which the log says.
fuzz_calls() {
    attempt "$lachesis" run tests/guest/fuzz/manifest.json --timeout 300 --name fuzz-syscalls --cpus 2 \
        --argument "calls=1000000 seed=$RANDOM"
    attempt "$lachesis" run tests/guest/fuzz/manifest.json --timeout 300 --name fuzz-syscalls-measured --kernel "$measured" --measure \
        --cpus 2 --argument "calls=200000 seed=$RANDOM"
}

case ${1-} in
    repeatable | scenarios | soak | bounds | fuzz_calls) "$1" || failed=$((failed + 1)) ;;
    *) echo "guest-suites.sh: no suite '${1-}'" >&2 && exit 2 ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
