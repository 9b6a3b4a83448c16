#!/usr/bin/env bash
# Everything that must hold, suite by suite; ends with one line that sums them up. `make test` builds first and calls this.
set -uo pipefail
cd "$(dirname "$0")/.."

lachesis=artifacts/bin/lachesis
measured=artifacts/image/kernel-measured.elf
logs=artifacts/logs
passed=0
failed=0
skipped=0
mkdir -p "$logs"

# suite NAME COMMAND...: runs it, keeps its output, and adds up the last "N passed, N failed[, N skipped]" that it printed. A suite
# that prints none counts as one test, by its exit status: 0 passed, 3 skipped (a precondition did not hold), else failed.
suite() {
    local name=$1 log=$logs/$1.log start=$SECONDS status=0 counts p f s
    shift
    "$@" >"$log" 2>&1 || status=$?
    counts=$(sed -nE 's/.*\b([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/p' "$log" | tail -n 1)
    read -r p f s <<<"$counts"
    p=${p:-0} f=${f:-0} s=${s:-0}
    if [ -z "$counts" ]; then
        case $status in 0) p=1 ;; 3) s=1 ;; *) f=1 ;; esac
    elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
    fi

    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-22s %5d passed %3d failed %3d skipped %5ds\n' "$name" "$p" "$f" "$s" $((SECONDS - start))
    if [ "$f" -ne 0 ]; then
        sed 's/^/    /' "$log" | tail -n 60
    elif [ "$s" -ne 0 ]; then
        grep -iE 'skip|inconclusive' "$log" | sed 's/^/    /' | tail -n 5
    fi
}

# hosted PROJECT: an xunit project; the summary line of dotnet test in the form that suite reads.
hosted() {
    local status=0 out
    out=$(dotnet test "$1" -c Release --nologo -v quiet --tl:off 2>&1) || status=$?
    printf '%s\n' "$out"
    printf '%s\n' "$out" | sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\2 passed, \1 failed, \3 skipped/p'
    return $status
}

# Counting instructions must give the same figures, digit for digit, every time.
repeatable() {
    local run
    for run in first second; do
        "$lachesis" thread-scale --icount --runs 2 --out "artifacts/repeatable/$run" || return
    done
    "$lachesis" compare-evidence artifacts/repeatable/{first,second}/thread-scale/latest
}

# The guest and the simulator must agree about what a scenario file means: shares within 0.1%, and the order of dispatches where
# no two deadlines come as near to each other as the kernel's own time adds up to (docs/scenarios.md).
scenarios() {
    local good=0 bad=0 name
    compare() {
        if "$lachesis" scenario --icount --out artifacts/compared --compare "$@"; then good=$((good + 1)); else bad=$((bad + 1)); fi
    }
    for name in producer-consumer eevdf-paper realtime hogs timers; do
        compare order bench/scenarios/$name.json
    done
    compare order bench/scenarios/hogs.json --policy rr
    compare order bench/scenarios/timers.json --policy rr
    compare order bench/scenarios/sleeper.json --policy priority
    compare shares bench/scenarios/weights.json
    compare shares bench/scenarios/sleeper.json
    printf '%d passed, %d failed\n' "$good" "$bad"
    [ "$bad" -eq 0 ]
}

soak() {
    "$lachesis" run tests/guest/soak/manifest.json --name soak --kernel "$measured" --measure --cpus 4 --timeout 180 \
        --argument "seconds=20 seed=$RANDOM"
}

# What is exact only where the clock counts instructions: how long taking authority back may take (docs/capabilities.md), and what
# the ledgers charge for a switch.
bounds() {
    local good=0 bad=0 smoke
    for smoke in accounting cap session; do
        if "$lachesis" run tests/guest/$smoke/manifest.json --name $smoke-bounds --icount --cpus 1 --argument instructions=1; then
            good=$((good + 1))
        else
            bad=$((bad + 1))
        fi
    done
    printf '%d passed, %d failed\n' "$good" "$bad"
    [ "$bad" -eq 0 ]
}

# A million random system calls, and fewer on the kernel that asserts its invariants; another seed each time, which the log says.
fuzz_calls() {
    local good=0 bad=0
    attempt() {
        if "$lachesis" run tests/guest/fuzz/manifest.json --timeout 300 "$@"; then good=$((good + 1)); else bad=$((bad + 1)); fi
    }
    attempt --name fuzz-syscalls --cpus 2 --argument "calls=1000000 seed=$RANDOM"
    attempt --name fuzz-syscalls-measured --kernel "$measured" --measure --cpus 2 --argument "calls=200000 seed=$RANDOM"
    printf '%d passed, %d failed\n' "$good" "$bad"
    [ "$bad" -eq 0 ]
}

suite format dotnet format whitespace . --folder --verify-no-changes --exclude artifacts
suite core-tests hosted tests/Lachesis.Core.Tests/Lachesis.Core.Tests.csproj
suite simulator hosted tests/Lachesis.Simulator.Tests/Lachesis.Simulator.Tests.csproj
suite tools-tests hosted tests/Lachesis.Tools.Tests/Lachesis.Tools.Tests.csproj
suite image-gates tests/verify-images.sh
suite runner-self-test "$lachesis" smoke --self-test
suite smokes "$lachesis" smoke --cpus 1,2
suite smokes-measured "$lachesis" smoke --kernel "$measured" --measure --cpus 2,4
suite scenarios scenarios
suite bounds bounds
suite cpu-models tests/cpu-models.sh
suite second-qemu tests/second-qemu.sh
suite soak soak
suite fuzz-syscalls fuzz_calls
suite costs "$lachesis" costs
suite queues "$lachesis" queues
# Bounds that need ten seconds of guest time are judged by make run-fair; lags and latencies here.
suite fair "$lachesis" fair --seconds 1 --runs 1
suite repeatable repeatable
# More repeats than by default: the host disturbs a few, and the median of many is steadier. The bound stays.
suite thread-scale "$lachesis" thread-scale --runs 11
suite debugger make test-debug
suite documents make docs-check

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
