"""The `lx` commands: the kernel's state in tables."""

import re

import gdb
import lx_kernel as lx
import lx_programs


class _Command(gdb.Command):
    """One `lx` command; its function's first line of documentation is its help."""

    def __init__(self, name, function):
        self.__doc__ = function.__doc__
        super().__init__("lx " + name, gdb.COMMAND_DATA)
        self._function = function

    def invoke(self, argument, from_tty):
        self._function(*gdb.string_to_argv(argument))


class _Prefix(gdb.Command):
    """Lachesis: the kernel's CPUs, threads, processes and counters. `help lx` lists the commands."""

    def __init__(self):
        super().__init__("lx", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


def counters(*arguments):
    """lx counters [CPU] [NAME]: the counters whose name contains NAME, for every CPU (or one) and in total."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    wanted = [each.lower() for each in arguments if not each.isdigit()]
    with lx.paging():
        names = lx.counter_names()
        chosen = [i for i, name in enumerate(names) if all(each in name.lower() for each in wanted)]
        if not chosen:
            raise gdb.GdbError(f"no counter is called that; there are: {', '.join(names)}")
        columns = [(n, lx.words(cpu["Counters"].address, len(names))) for n, cpu in lx.cpus(lx.kernel())]
    if numbers:
        columns = [column for column in columns if column[0] in numbers]
        if not columns:
            raise gdb.GdbError(f"no CPU {numbers[0]}")
    rows = [[names[i], *(values[i] for _, values in columns), sum(values[i] for _, values in columns)] for i in chosen]
    _table(["counter", *(f"cpu {n}" for n, _ in columns), "total"], rows)


def cpus():
    """lx cpus: what each CPU runs, what waits for it, and what would interrupt it."""
    rows = []
    with lx.paging():
        root = lx.kernel()
        for number, cpu in lx.cpus(root):
            current = cpu["Current"]
            idle = int(root["IdleMask"]) >> number & 1
            rows.append([
                number,
                lx.label(current) if int(current) else "idle" if idle else "none",
                lx.state(current)[0] if int(current) else "-",
                lx.label(current["Process"]) if int(current) else "-",
                _process(cpu["LoadedProcess"]),
                int(cpu["RunQueue"]["Count"]),
                _length(int(cpu["Inbox"])),
                _yes(cpu["NeedsInterrupt"]),
                _yes(cpu["ReschedulePending"]),
                _instant(cpu["TimerSetTo"]),
            ])
    headers = ["cpu", "thread", "place", "process", "loaded", "queued", "inbox", "needs IPI", "IPI pending", "timer ns"]
    _table(headers, rows)


def threads():
    """lx threads: every thread whose slot is taken, where it is, what it waits for and where it goes on in user mode."""
    rows = []
    with lx.paging():
        for thread in lx.pool(lx.kernel(), "Threads", "Core_Threads_Thread"):
            if lx.state(thread)[0] != "Free":
                rows.append(_thread(thread))
    _table(["thread", "place", "cpu", "process", "program", "runtime ns", "switches", "rip", "waits for"], rows)


def queue(number=None):
    """lx queue CPU: the threads in a CPU's run queue, the next to run first."""
    if number is None or not number.isdigit():
        raise gdb.GdbError("lx queue CPU: which CPU?")
    with lx.paging():
        found = [cpu for n, cpu in lx.cpus(lx.kernel()) if n == int(number)]
        if not found:
            raise gdb.GdbError(f"no CPU {number}")
        run_queue = found[0]["RunQueue"]
        rows = [_thread(thread) for thread in lx.queued(run_queue)]
        count = int(run_queue["Count"])
    _table(["thread", "place", "cpu", "process", "program", "runtime ns", "switches", "rip", "waits for"], rows)
    if count != len(rows):
        print(f"the queue says {count}: stopped while it was being changed, or damaged")


def processes():
    """lx processes: every process whose slot is taken."""
    rows = []
    phase_names = lx.enum("Core_Processes_ProcessPhase", "kernel/core/processes/Process.cs", "ProcessPhase")
    with lx.paging():
        for process in lx.pool(lx.kernel(), "Processes", "Core_Processes_Process"):
            if int(process["Header"]["References"]) != 0:
                rows.append([
                    lx.label(process),
                    lx_programs.name_of(process) if int(process["Root"]) else "-",
                    phase_names[int(process["Phase"])],
                    int(process["LiveThreads"]),
                    f"0x{int(process['Root']):x}",
                    _mask(int(process["LoadedOn"])),
                    _yes(process["Dying"]),
                    f"0x{int(process['ExitCode']):x}",
                ])
    _table(["process", "program", "phase", "threads", "root", "loaded on", "dying", "exit code"], rows)


def break_at(*spec):
    """lx break PLACE: a hardware breakpoint at Type.Method, a symbol, FILE:LINE or *ADDRESS, of kernel or loaded program."""
    if not spec:
        raise gdb.GdbError("lx break PLACE: Type.Method, symbol, FILE:LINE or *ADDRESS")
    for place in _places(" ".join(spec)):
        gdb.execute("hbreak " + place)


def start(*spec):
    """lx start PLACE: sets a breakpoint as `lx break` does and continues to it; `reset` stays at the first instruction."""
    # Else a step lets the other CPUs run, and ends wherever one of them hits a breakpoint.
    gdb.execute("set scheduler-locking step")
    if spec == ("reset",):
        return
    break_at(*spec)
    try:
        gdb.execute("continue")
    except gdb.error as problem:
        raise gdb.GdbError(f"the guest ended before it came to {' '.join(spec)} ({problem})")


def program(*name):
    """lx program NAME: takes the symbols of a user program, instead of those of the one before."""
    if len(name) != 1:
        raise gdb.GdbError("lx program NAME: one name, of a program in artifacts/image/programs")
    lx_programs.load(name[0])


def _places(spec):
    """What hbreak understands for a place: Type.Method becomes the addresses of every instance that has code."""
    match = re.fullmatch(r"(?:[\w.]+\.)?(\w+)\.(\w+)", spec)
    if match is None or spec.endswith(".cs"):
        return [spec]
    kind, method = match.groups()
    pattern = re.compile(rf"\w+_{kind}(?:_\d+<.*>)?__{method}(?:_\d+)?(?:<.*>)?")
    listed = gdb.execute(f"info functions -n {kind}.*__{method}", to_string=True)
    names = re.findall(r"^\d+:.*[ *&]([A-Za-z_]\w*(?:<[^()]*>)?\w*(?:<[^()]*>)?)\(", listed, re.M)
    found = {name for name in names if pattern.fullmatch(name)}
    places = [f"*{int(gdb.parse_and_eval(f'(unsigned long)&{chr(39)}{name}{chr(39)}'))}" for name in sorted(found)]
    if not places:
        raise gdb.GdbError(f"{spec} has no code of its own: no such method, or it is inlined wherever it is called")
    return places


def _thread(thread):
    place, number = lx.state(thread)
    last = int(thread["LastCpu"])
    process = thread["Process"]
    return [
        lx.label(thread),
        place,
        number if place in ("Running", "Queued", "Inbox", "Waking") else f"({last})" if last != lx.NO_CPU else "-",
        lx.label(process),
        lx_programs.name_of(process.dereference()) if int(process["Root"]) else "-",
        int(thread["Ledger"]["Runtime"]["Nanoseconds"]),
        int(thread["Ledger"]["Switches"]),
        f"0x{int(thread['Context']['Rip']):x}",
        _waits(thread) if place == "Blocked" else "-",
    ]


def _waits(thread):
    deadline = _instant(thread["Deadline"])
    until = "" if deadline == "never" else f" until {deadline}"
    if int(thread["WaitingFor"]):
        kind = str(thread["WaitingForKind"]).split("::")[-1].lower()
        header = thread["WaitingFor"]
        return f"{kind} {int(header['Index'])}.{int(header['Generation'])}{until}"
    return f"unpark at 0x{int(thread['ParkAddress']):x}{until}" if int(thread["WaitingIn"]) else f"time{until}"


def _length(address):
    count, seen = 0, set()
    while address and address not in seen:
        seen.add(address)
        count += 1
        address = int(lx.at(address, "Core_Threads_Thread")["QueueNext"])
    return count


def _process(pointer):
    return f"{lx.label(pointer)} {lx_programs.name_of(pointer.dereference())}" if int(pointer) else "kernel"


def _instant(value):
    return "never" if int(value["Nanoseconds"]) == lx.NEVER else int(value["Nanoseconds"])


def _yes(value):
    return "yes" if int(value) else "no"


def _mask(bits):
    return ",".join(str(i) for i in range(64) if bits >> i & 1) or "-"


def _table(headers, rows):
    """Numbers to the right, all else to the left; the last column is not padded."""
    cells = [[f"{each:,}" if isinstance(each, int) else str(each) for each in row] for row in rows]
    widths = [max(len(line[i]) for line in [headers, *cells]) for i in range(len(headers))]
    right = [bool(rows) and all(isinstance(row[i], int) or row[i] in ("-", "never") for row in rows)
             for i in range(len(headers))]
    for line in [headers, *cells]:
        print("  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right)).rstrip())


def register():
    """Makes the commands known to gdb."""
    _Prefix()
    for name, function in (
        ("counters", counters), ("cpus", cpus), ("threads", threads), ("queue", queue), ("processes", processes),
        ("break", break_at), ("start", start), ("program", program),
    ):
        _Command(name, function)
