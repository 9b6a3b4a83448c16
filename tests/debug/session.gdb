# What the first session of a kernel developer looks like; run.sh looks for what each command has to print.
echo == args\n
info args
echo == backtrace\n
bt
echo == cpus\n
info threads
lx cpus
echo == tables\n
lx threads
echo == later\n
lx break Interrupts.HandleTimer
lx break PageAllocator.Allocate
disable 1
continue
bt
echo == counters\n
lx counters SystemCalls
echo == program\n
delete
lx break ClockChecks.Run
continue
bt
echo == end\n
