#!/usr/bin/env bash
# run-all.sh [SUITE...]: builds everything, then runs the suites of tests/suites.json, or those named (`make test`). The last line is
# "N passed, N failed, N skipped"; exit status 0 only if nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."

log=artifacts/logs/build.log
mkdir -p artifacts/logs
echo "make test: building; what it prints goes to $log"

# The make that called this has nothing to do with those below.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES SUITE

images="artifacts/image/kernel-measured.elf artifacts/image/kernel-debug.elf"
build() { exec setsid bash -c "make compiled && exec make all $images hosted-tests" >"$log" 2>&1 </dev/null; }

interrupted() {
    kill -TERM -- "-$build" 2>/dev/null
    wait "$build"
    echo "interrupted while building: no suite had run"
    echo "0 passed, 0 failed, 0 skipped"
    exit 130
}

build &
build=$!
trap interrupted INT TERM HUP
shown=0
while sleep 0.5 && kill -0 $build 2>/dev/null; do
    if [ $((SECONDS - shown)) -ge 15 ]; then
        shown=$SECONDS
        latest=$(ls -t artifacts/logs | grep -vx build.log | head -n 1)
        printf '%3d:%02d  building, now %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "${latest%.log}"
    fi
done
wait $build
status=$?
trap - INT TERM HUP
if [ $status -ne 0 ]; then
    echo "FAILED build, so no suite ran:"
    sed 's/^/    /' "$log" | tail -n 60
    echo "  alone: make all"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

echo "built in $SECONDS s"
exec artifacts/bin/lachesis suites "$@"
