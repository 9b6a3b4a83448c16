#!/usr/bin/env bash
# In the kernel that is built without inlining (DEBUG_KERNEL=1): breakpoints on the functions that a scheduler developer stops in,
# by name; each is hit and shows its caller, its arguments and its locals. Run by run.sh.
set -uo pipefail
cd "$(dirname "$0")/../.."

out=artifacts/test-debug/functions
log=$out/gdb.log
mkdir -p "$out"
. tests/debug/lib.sh

# Function, an argument, and a local that has a value two lines further on ("-": it has none).
functions=(
    "KernelEntry.SystemCall call -"
    "Interrupts.HandleTimer cpu now"
    "Scheduler.Dispatch thread -"
    "Scheduler.Reschedule cpu next"
    "Scheduler.PickNext cpu -"
    "Scheduler.Enqueue thread -"
    "Scheduler.ReconsiderCurrent cpu -"
    "Wakeups.MakeRunnable thread -"
    "Wakeups.SelectCpu thread -"
    "CpuAccounting.ChargeThread cpu -"
    "CpuAccounting.ChargeRunDelayOnDispatch thread -"
    "PerCpuRunQueue.PickNext cpu -"
    "PerCpuRunQueue.ReplaceRunning running -"
    "FairQueue.Enqueue thread -"
    "FairQueue.Charge thread -"
    "FairQueue.ReplaceRunning running -"
)

script=$out/functions.gdb
for each in "${functions[@]}"; do
    read -r name _ <<<"$each"
    printf '%s\n' delete "echo == $name\\n" "lx break $name" continue bt 'info args' next next 'info locals'
done >"$script"

debug tests/guest/exhibit/manifest.json --kernel artifacts/image/kernel-debug.elf --icount --break kernel_boot \
    --batch "$script" >"$log" 2>&1
result "gdb's exit status" $?
for each in "${functions[@]}"; do
    read -r name argument local <<<"$each"
    shows "$name is hit by its name" "$name" "^#0 +(0x[0-9a-f]+ in )?${name/./\\.} \\(.*/kernel/[a-z0-9/]+/[A-Za-z.]+\\.cs:[0-9]+\$"
    shows "$name has a caller" "$name" '^#1 +0x[0-9a-f]+ in [A-Za-z_.]+ \(.*'
    shows "$name: argument $argument" "$name" "^$argument = (0x|[0-9]|@0x|\\{)"
    [ "$local" = - ] || shows "$name: local $local" "$name" "^$local = (0x|[0-9]|@0x|\\{)"
done
! grep "optimized out" "$log" | grep -q "/kernel/\(core\|arch\)/"
result "no value is optimised out" $?
no_qemu "no QEMU is left"

finish
