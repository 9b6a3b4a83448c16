#!/usr/bin/env bash
# Every lx command on every kind of object, in the kernel of $1. Run by run.sh.
set -uo pipefail
cd "$(dirname "$0")/../.."

kernel=$1
out=artifacts/test-debug/objects-$kernel
log=$out/gdb.log
mkdir -p "$out"
. tests/debug/lib.sh

debug tests/guest/exhibit/manifest.json --kernel "artifacts/image/$kernel.elf" --icount --break Exhibit.Ready \
    --batch tests/debug/objects.gdb >"$log" 2>&1
result "$kernel: gdb's exit status" $?
shows "the first stop, with its argument" place-fair '^#0 +Exhibit\.Ready \(policy=0\) at .*/Exhibit\.cs:[0-9]+'

# place WHAT CPU WAIT: lx threads shows a thread of that place and wait, with program, runtime, switches and rip.
place() { shows "lx threads: $1" threads "^[0-9]+\.1 +$1 +$2 +[01]\.1 +exhibit +[0-9,]+ +[0-9]+ +0x[0-9a-f]+ +$3\$"; }
place Running 0 -
place Dead '\(0\)' -
place Created - -
place Suspended '\(0\)' -
place Queued 0 -
for wait in 'time until 9223372036854775806' 'unpark at 0x[0-9a-f]+' 'end of thread [0-9]+\.1' 'end of process 1\.1' \
    'end of session 1\.1' 'receiving at endpoint 0\.1 with reply 1\.1' 'sending at endpoint 1\.1' 'calling at endpoint 1\.1' \
    'answer of reply 0\.1' 'notification 0\.1' 'notification 2\.1'; do
    place Blocked '\(0\)' "$wait"
done

shows "lx cpus: a running thread" cpus '^ +0 +0\.1 +Running +0\.1 +0\.1 exhibit +fair +2 +0 +(yes|no) +(yes|no) +[0-9,]+$'
shows "lx cpus: an idle CPU" cpus '^ +1 +idle +- +- +kernel +fair +0 +0 +yes +no +(never|[0-9,]+)$'
shows "lx queue: a fair queue" queue-fair '^policy fair, 2 queued$'
shows "lx queue: its threads" queue-fair '^17\.1 +Queued +0 +0\.1 +exhibit '
shows "lx queue: an empty one" queue-fair '^policy fair, 0 queued$'
shows "lx queue: by priority" queue-priority '^policy priority, 2 queued$'
shows "lx queue: its threads" queue-priority '^17\.1 +Queued +0 '
shows "lx cpus: the policy" queue-priority '^ +0 +0\.1 +Running .* priority '
shows "lx queue: by turns" queue-rr '^policy rr, 2 queued$'
shows "lx queue: its threads" queue-rr '^17\.1 +Queued +0 '
shows "lx processes" processes '^0\.1 +exhibit +Alive +0 +16 +0x[0-9a-f]+ +0 +no +0x0$'
shows "lx processes: one in a session" processes '^1\.1 +exhibit +Alive +1 +1 +0x[0-9a-f]+ +- +no +0x0$'
shows "lx sessions" sessions '^1\.1 +3 +Open +1 +0x0 +13\.1$'
shows "lx endpoints: who receives" endpoints '^0\.1 +1 +6\.1 receiving$'
shows "lx endpoints: who sends and calls" endpoints '^1\.1 +1 +7\.1 sending, 9\.1 calling$'
shows "lx endpoints: nobody" endpoints '^2\.1 +1 +-$'
shows "lx notifications: who waits" notifications '^0\.1 +2 +0x0 +- +10\.1$'
shows "lx notifications: bound, with bits" notifications '^1\.1 +2 +0x5 +0\.1 +-$'
shows "lx replies" replies '^0\.1 +1 +8\.1$'
shows "lx timers" timers '^0\.1 +1 +yes +9,223,372,036,854,775,806 +0 +7,000,000 +0 +0\.1 +0x8$'
shows "lx rings" rings '^0\.1 +2 +0\.1 +4 +8 +2 +1 +14\.1$'
for kind in process thread endpoint reply notification timer session ring; do
    shows "lx capabilities: $kind" capabilities "^ +[0-9]+ +0x[0-9a-f]+ +$kind +[0-9]+\.1 +rwgc +0x0\$"
done
shows "lx capabilities: rights and badge" capabilities '^ +[0-9]+ +0x[0-9a-f]+ +endpoint +2\.1 +-w-- +0xbad6e$'
shows "lx capabilities: no object" capabilities '^ +5 +0x5 +machine +- +rwgc +0x0$'
shows "lx pools" pools '^timer +1 +4,096$'
shows "lx counters: of all CPUs" counters '^SystemCalls +[0-9,]+ +[0-9,]+ +[0-9,]+$'
shows "lx counters: of one CPU by a part of the name" counter-of-cpu '^ReschedulesSent +[0-9,]+ +[0-9,]+$'
shows "lx check" check '^[0-9]+ fields of [0-9]+ structures are there'
shows "lx program, and the next stop" place-priority '^#0 +Exhibit\.Ready \(policy=1\)'
shows "the last stop, and the end" place-rr '^#0 +Exhibit\.Ready \(policy=2\)'
no_qemu "$kernel: no QEMU is left"

finish
