#!/usr/bin/env bash
# Debugs a guest on two CPUs as `make debug` does, from a script, and looks at what gdb says. Ends with "N passed, N failed";
# skips without gdb. `make test-debug` builds first and calls this.
set -uo pipefail
cd "$(dirname "$0")/../.."

if ! command -v gdb >/dev/null; then
    echo "skipped: gdb is not installed (boot/setup.sh gdb installs it)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 3
fi

out=artifacts/test-debug
log=$out/gdb.log
passed=0
failed=0
mkdir -p "$out"

debug() { artifacts/bin/lachesis debug tests/guest/smoke/manifest.json --cpus 2 --out "$out" "$@"; }

result() {
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED $1"; fi
}

# shows WHAT SECTION PATTERN: a line of that section of the session matches.
shows() {
    sed -n "/^== $2$/,/^== /p" "$log" | grep -qE "$3"
    result "$1" $?
}

no_qemu() {
    ! pgrep -f "path=$out/debug/.*/report.bin" >/dev/null
    result "$1" $?
}

{ echo "== stop" && debug --batch tests/debug/session.gdb; } >"$log" 2>&1
result "gdb's exit status" $?
shows "the breakpoint was hit" stop '^Thread [12] hit Breakpoint 1, .*Entry__SystemCall \(cpu=0x[0-9a-f]+, .*Entry\.cs:[0-9]+$'
shows "a C# source line" stop '^[0-9]+[[:space:]]+.*Enter\(cpu\)'
shows "a parameter's value" args '^call = [0-9]+$'
shows "the entry stub in the backtrace" backtrace '^#1 .* in system_call_entry \(\)'
shows "the program's C# behind it" backtrace '^#2 .* at .*/kernel/user/[A-Za-z]+\.cs:[0-9]+'
shows "a gdb thread for CPU 0" cpus 'CPU#0'
shows "a gdb thread for CPU 1" cpus 'CPU#1'
shows "lx cpus: the thread that called" cpus '^ +[01] +0\.1 +Running +0\.1 +0\.1 smoke'
shows "lx threads" tables '^0\.1 +Running +[01] +0\.1 +smoke '
shows "lx processes" tables '^0\.1 +smoke +Alive +[0-9]+ +0x[0-9a-f]+ '
shows "lx queue" tables '^thread +place +cpu'
shows "a method of a generic type by its C# name" later '^#0 +(0x[0-9a-f]+ in )?(Interrupts\.Timer|PageAllocator\.Take) \(.*cpu=0x'
shows "a counter by name, for both CPUs and in total" counters '^SystemCalls +[0-9,]+ +[0-9,]+ +[1-9][0-9,]*$'
shows "all counters of one CPU" counters '^IdleEntries +[0-9,]+ +[0-9,]+$'
shows "a breakpoint in the program" program '^#0 +ClockChecks\.Run \(.* at .*/ClockChecks\.cs:[0-9]+'
no_qemu "no QEMU is left when gdb is done"

echo 'shell kill -KILL $PPID' >"$out/kill.gdb"
debug --batch "$out/kill.gdb" >"$out/killed.log" 2>&1
[ $? -eq 1 ]
result "exit status 1 when gdb is killed" $?
no_qemu "no QEMU is left when gdb is killed"

debug --batch /dev/null --break No.Such >"$out/wrong.log" 2>&1
grep -q 'No.Such has no code of its own' "$out/wrong.log"
result "a place that does not exist is named" $?

[ "$failed" -eq 0 ] || tail -n 40 "$log"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
