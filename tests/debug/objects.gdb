# Every command on every kind of object, with a queue of each policy; objects.sh looks for what each has to print.
echo == place-fair\n
bt
echo == threads\n
lx threads
echo == cpus\n
lx cpus
echo == queue-fair\n
lx queue 0
lx queue 1
echo == processes\n
lx processes
echo == sessions\n
lx sessions
echo == endpoints\n
lx endpoints
echo == notifications\n
lx notifications
echo == replies\n
lx replies
echo == timers\n
lx timers
echo == rings\n
lx rings
echo == capabilities\n
lx capabilities 0
echo == pools\n
lx pools
echo == counters\n
lx counters
echo == counter-of-cpu\n
lx counters 0 Reschedules
echo == check\n
lx check
echo == program\n
lx program exhibit
echo == place-priority\n
continue
bt
echo == queue-priority\n
lx queue 0
lx cpus
echo == place-rr\n
continue
bt
echo == queue-rr\n
lx queue 0
lx cpus
echo == end\n
