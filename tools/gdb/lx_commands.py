"""The `lx` commands: the kernel's state in tables."""

import gdb
import lx_check
import lx_kernel as lx
import lx_objects
import lx_places
import lx_programs
from lx_table import instant, mask, table, yes


class _Command(gdb.Command):
    """One `lx` command; its function's first line of documentation is its help."""

    def __init__(self, name, function):
        self.__doc__ = function.__doc__
        super().__init__("lx " + name, gdb.COMMAND_DATA)
        self._function = function

    def invoke(self, argument, from_tty):
        self._function(*gdb.string_to_argv(argument))


class _Prefix(gdb.Command):
    """Lachesis: the kernel's CPUs, threads, processes and other objects. `lx` lists the commands."""

    def __init__(self):
        super().__init__("lx", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        names = [name for name, _ in _COMMANDS]
        if argument:
            word = argument.split()[0]
            close = lx_places.close(word, names)
            raise gdb.GdbError(f"lx has no command '{word}'" + (f"; close: {close}" if close else "; `lx` lists them"))
        for _, function in _COMMANDS:
            usage, _, meaning = function.__doc__.partition(": ")
            print(f"{usage:<26} {meaning}")


def counters(*arguments):
    """lx counters [CPU] [NAME]: the counters whose name contains NAME, for every CPU (or one) and in total."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    wanted = [each.lower() for each in arguments if not each.isdigit()]
    with lx.paging():
        names = lx.counter_names()
        chosen = [i for i, name in enumerate(names) if all(each in name.lower() for each in wanted)]
        if not chosen:
            raise gdb.GdbError(f"no counter is called that; there are: {', '.join(names)}")
        columns = [(n, lx.words(lx.field(cpu, "Counters").address, len(names))) for n, cpu in lx.cpus(lx.kernel())]
    if numbers:
        columns = [column for column in columns if column[0] in numbers]
        if not columns:
            raise gdb.GdbError(f"no CPU {numbers[0]}")
    rows = [[names[i], *(values[i] for _, values in columns), sum(values[i] for _, values in columns)] for i in chosen]
    table(["counter", *(f"cpu {n}" for n, _ in columns), "total"], rows)


def cpus():
    """lx cpus: what each CPU runs, what waits for it, and what would interrupt it."""
    rows = []
    with lx.paging():
        root = lx.kernel()
        for number, cpu in lx.cpus(root):
            current = lx.field(cpu, "Current")
            idle = lx.number(root, "IdleMask") >> number & 1
            rows.append([
                number,
                lx.label(current) if int(current) else "idle" if idle else "none",
                lx.state(current)[0] if int(current) else "-",
                lx.label(lx.field(current, "Process")) if int(current) else "-",
                _process(lx.field(cpu, "LoadedProcess")),
                _POLICIES[lx.number(lx.field(cpu, "RunQueue"), "Policy")],
                lx.number(lx.field(cpu, "RunQueue"), "Count"),
                _length(lx.number(cpu, "Inbox")),
                yes(lx.field(cpu, "NeedsRescheduleIpi")),
                yes(lx.field(cpu, "ReschedulePending")),
                instant(lx.field(cpu, "TimerDeadline.Nanoseconds")),
            ])
    headers = ["cpu", "thread", "place", "process", "loaded", "policy", "queued", "inbox", "needs IPI", "IPI pending", "timer ns"]
    table(headers, rows)


def threads():
    """lx threads: every thread whose slot is taken, where it is, what it waits for and where it goes on in user mode."""
    rows = []
    with lx.paging():
        root = lx.kernel()
        for thread in lx.pool(root, "thread"):
            if lx.state(thread)[0] != "Free":
                rows.append(_thread(root, thread))
    table(_THREAD, rows)


def queue(number=None):
    """lx queue CPU: the threads in a CPU's run queue, the next to run first."""
    if number is None or not number.isdigit():
        raise gdb.GdbError("lx queue CPU: which CPU?")
    with lx.paging():
        root = lx.kernel()
        found = [cpu for n, cpu in lx.cpus(root) if n == int(number)]
        if not found:
            raise gdb.GdbError(f"no CPU {number}")
        run_queue = lx.field(found[0], "RunQueue")
        rows = [_thread(root, thread) for thread in lx.queued(run_queue)]
        count = lx.number(run_queue, "Count")
        policy = _POLICIES[lx.number(run_queue, "Policy")]
    print(f"policy {policy}, {count} queued")
    table(_THREAD, rows)
    if count != len(rows):
        print(f"the queue says {count}: stopped while it was being changed, or damaged")


def processes():
    """lx processes: every process whose slot is taken."""
    rows = []
    phases = lx.enum("ProcessPhase")
    with lx.paging():
        root = lx.kernel()
        for process in lx_objects.in_use(root, "process"):
            rows.append([
                lx.label(process),
                lx_programs.name_of(process) if lx.number(process, "PageTableRoot") else "-",
                phases[lx.number(process, "Phase")],
                lx.number(process, "Session"),
                lx.number(process, "LiveThreads"),
                f"0x{lx.number(process, 'PageTableRoot'):x}",
                mask(lx.number(process, "LoadedCpus")),
                yes(lx.field(process, "ExitPending")),
                f"0x{lx.number(process, 'ExitCode'):x}",
            ])
    table(["process", "program", "phase", "session", "threads", "root", "loaded on", "dying", "exit code"], rows)


def program(*name):
    """lx program NAME: takes the symbols of a user program, instead of those of the one before."""
    if len(name) != 1:
        raise gdb.GdbError("lx program NAME: one name, of a program in artifacts/image/programs")
    lx_programs.load(name[0])


_THREAD = ["thread", "place", "cpu", "process", "program", "runtime ns", "switches", "rip", "waits for"]
_POLICIES = ("fair", "priority", "rr")


def _thread(root, thread):
    place, number = lx.state(thread)
    last = lx.number(thread, "LastCpu")
    process = lx.field(thread, "Process")
    return [
        lx.label(thread),
        place,
        number if place in ("Running", "Queued", "Inbox", "Claimed") else f"({last})" if last != lx.NO_CPU else "-",
        lx.label(process),
        lx_programs.name_of(process.dereference()) if lx.number(process, "PageTableRoot") else "-",
        lx.number(thread, "Ledger.Runtime.Nanoseconds"),
        lx.number(thread, "Ledger.Switches"),
        f"0x{lx.number(thread, 'Context.Rip'):x}",
        lx_objects.wait_of(root, thread) if place == "Blocked" else "-",
    ]


def _length(address):
    count, seen = 0, set()
    while address and address not in seen:
        seen.add(address)
        count += 1
        address = lx.number(lx.at(address, "Core_Threads_Thread"), "QueueNext")
    return count


def _process(pointer):
    return f"{lx.label(pointer)} {lx_programs.name_of(pointer.dereference())}" if int(pointer) else "kernel"


_COMMANDS = (
    ("cpus", cpus), ("threads", threads), ("queue", queue), ("processes", processes),
    ("sessions", lx_objects.sessions), ("endpoints", lx_objects.endpoints), ("notifications", lx_objects.notifications),
    ("replies", lx_objects.replies), ("timers", lx_objects.timers), ("rings", lx_objects.rings),
    ("capabilities", lx_objects.capabilities), ("pools", lx_objects.pools), ("counters", counters),
    ("break", lx_places.break_at), ("start", lx_places.start), ("program", program), ("check", lx_check.check),
)


def register():
    """Makes the commands known to gdb."""
    _Prefix()
    for name, function in _COMMANDS:
        _Command(name, function)
