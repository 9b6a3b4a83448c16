#!/usr/bin/env bash
# Debugs guests as `make debug` does, from scripts, and looks at what gdb says. Ends with "N passed, N failed"; skips without gdb.
# `make test-debug` builds first and calls this.
set -uo pipefail
cd "$(dirname "$0")/../.."

if ! command -v gdb >/dev/null; then
    echo "skipped: gdb is not installed (boot/setup.sh gdb installs it)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 3
fi

out=artifacts/test-debug
log=$out/gdb.log
mkdir -p "$out"
. tests/debug/lib.sh

# suite SCRIPT ARGUMENTS...: adds up what it says at its end, and shows what failed.
suite() {
    local output status=0 p f
    output=$("$@") || status=$?
    read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' <<<"$output" | tail -n 1)
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
    [ "$status" -eq 0 ] || printf '%s\n' "$output"
}

# What the commands read is in every kernel that there is.
for kernel in artifacts/image/kernel*.elf; do
    gdb -q -nx -batch "$kernel" -ex "source tools/gdb/lachesis.py" -ex "lx check"
    result "lx check on $kernel" $?
done

gdb -q -nx -batch artifacts/image/kernel.elf -ex "source tools/gdb/lachesis.py" -ex lx >"$out/help.log" 2>&1
for command in $(sed -n '/^_COMMANDS/,/^)/s/("\([a-z]*\)"/\n\1\n/gp' tools/gdb/lx_commands.py | grep -E '^[a-z]+$'); do
    grep -qE "^lx $command\b.* {2,}[a-z]" "$out/help.log"
    result "lx alone explains lx $command" $?
done

{ echo "== stop" && debug tests/guest/smoke/manifest.json --batch tests/debug/session.gdb; } >"$log" 2>&1
result "gdb's exit status" $?
shows "the breakpoint was hit" stop '^Thread [12] hit Breakpoint 1, .*KernelEntry__SystemCall \(cpu=0x[0-9a-f]+, .*KernelEntry\.cs:[0-9]+$'
shows "a C# source line" stop '^[0-9]+[[:space:]]+.*EntryTime\(cpu\)'
shows "a parameter's value" args '^call = [0-9]+$'
shows "the entry stub in the backtrace" backtrace '^#1 .* in system_call_entry \(\)'
shows "the program's C# behind it" backtrace '^#2 .* at .*/kernel/user/[A-Za-z/]+\.cs:[0-9]+'
shows "a gdb thread for CPU 0" cpus 'CPU#0'
shows "a gdb thread for CPU 1" cpus 'CPU#1'
shows "lx cpus: the thread that called" cpus '^ +[01] +0\.1 +Running +0\.1 +0\.1 smoke'
shows "lx threads" tables '^0\.1 +Running +[01] +0\.1 +smoke '
shows "a method of a generic type by its C# name" later '^#0 +(0x[0-9a-f]+ in )?(Interrupts\.HandleTimer|PageAllocator\.Allocate) \(.*cpu=0x'
shows "a counter by name, for both CPUs and in total" counters '^SystemCalls +[0-9,]+ +[0-9,]+ +[1-9][0-9,]*$'
shows "a breakpoint in the program" program '^#0 +ClockChecks\.Run \(.* at .*/ClockChecks\.cs:[0-9]+'
no_qemu "no QEMU is left when gdb is done"

echo 'shell kill -KILL $PPID' >"$out/kill.gdb"
debug tests/guest/smoke/manifest.json --batch "$out/kill.gdb" >"$out/killed.log" 2>&1
[ $? -eq 1 ]
result "exit status 1 when gdb is killed" $?
no_qemu "no QEMU is left when gdb is killed"

# wrong PLACE MESSAGE: a place that there is not ends the session, at once and with status 2, and what is close is named.
wrong() {
    debug tests/guest/smoke/manifest.json --batch /dev/null --break "$1" >"$out/wrong.log" 2>&1
    [ $? -eq 2 ]
    result "$1: exit status 2" $?
    grep -qxF "BREAK: $2" "$out/wrong.log"
    result "$1: $2" $?
    no_qemu "$1: no QEMU is left"
}
wrong Scheduler.Dispach "no function 'Scheduler.Dispach'; close: Scheduler.Dispatch"
wrong Scheduler.Dispatch \
    "Scheduler.Dispatch has no code of its own: it is inlined wherever it is called; DEBUG_KERNEL=1 inlines nothing"
wrong kernel_boat "no function 'kernel_boat'; close: kernel_boot, kernel_fault, kernel_fatal"
wrong Sheduler.cs:49 "No source file named Sheduler.cs; close: Scheduler.cs, Scheduling.cs"

suite tests/debug/objects.sh kernel
suite tests/debug/objects.sh kernel-debug
suite tests/debug/functions.sh
suite tests/debug/editor.sh

finish
