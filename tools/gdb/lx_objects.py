"""Tables of the kernel's objects, and what threads wait for at them."""

import gdb
import lx_kernel as lx
import lx_layout
from lx_table import instant, table, yes


def in_use(root, kind):
    """The objects of a kind that somebody holds."""
    return (each for each in lx.pool(root, kind) if lx.number(lx.header(each), "References") != 0)


def wait_of(root, thread):
    """What a blocked thread waits for."""
    until = instant(lx.field(thread, "Timer.Deadline.Nanoseconds"))
    until = "" if until == "never" else f" until {until}"
    queue, waited = lx.number(thread, "WaitingIn"), lx.number(thread, "WaitingFor")
    if not queue and not waited:
        return f"time{until}"
    role = lx.enum("IpcRole")[lx.number(thread, "Ipc.Role")].lower()
    kind, at = lx.owner_of(root, queue) if queue else (None, None)
    if kind == "endpoint":
        reply = lx.field(thread, "Ipc.Reply")
        answer = f" with reply {lx.label(reply)}" if role == "receiving" and int(reply) else ""
        return f"{role} at endpoint {lx.label(at)}{answer}{until}"
    if kind == "notification":
        return f"notification {lx.label(at)}{until}"
    if kind is not None:
        return f"end of {kind} {lx.label(at)}{until}"
    if waited:
        kind = lx.enum("ObjectKind")[int(lx.field(thread, "WaitingForKind"))].lower()
        return f"{'answer of ' * (kind == 'reply')}{kind} {lx.label(lx.field(thread, 'WaitingFor'))}{until}"
    return f"unpark at 0x{lx.number(thread, 'ParkAddress'):x}{until}"


def endpoints():
    """lx endpoints: every endpoint, and the threads that wait at it, each with what it does there."""
    with lx.paging():
        rows = [
            [lx.label(each), _references(each), _waiting(lx.field(each, "Queue"), role=True)]
            for each in in_use(lx.kernel(), "endpoint")
        ]
    table(["endpoint", "references", "waiting"], rows)


def notifications():
    """lx notifications: bits that are set, the threads that wait, and the thread that it is bound to."""
    with lx.paging():
        rows = [
            [
                lx.label(each),
                _references(each),
                f"0x{lx.number(each, 'Bits'):x}",
                _label(lx.field(each, "BoundThread")),
                _waiting(lx.field(lx.field(each, "Waitable"), "Queue")),
            ]
            for each in in_use(lx.kernel(), "notification")
        ]
    table(["notification", "references", "bits", "bound to", "waiting"], rows)


def replies():
    """lx replies: every reply object, and the caller that waits for its answer."""
    with lx.paging():
        rows = [[lx.label(each), _references(each), _label(lx.field(each, "Caller"))] for each in in_use(lx.kernel(), "reply")]
    table(["reply", "references", "caller"], rows)


def timers():
    """lx timers: every timer object, when it fires, on which CPU, and what it signals."""
    with lx.paging():
        rows = [
            [
                lx.label(each),
                _references(each),
                yes(lx.field(each, "Armed")),
                instant(lx.field(each, "Node.Deadline.Nanoseconds")) if int(lx.field(each, "Armed")) else "-",
                lx.number(each, "Node.Cpu") if int(lx.field(each, "Armed")) else "-",
                lx.number(each, "Period.Nanoseconds"),
                lx.number(each, "Overruns"),
                _label(lx.field(each, "Target")),
                f"0x{lx.number(each, 'Bits'):x}",
            ]
            for each in in_use(lx.kernel(), "timer")
        ]
    table(["timer", "references", "armed", "fires ns", "cpu", "period ns", "overruns", "notification", "bits"], rows)


def rings():
    """lx rings: whose ring it is, its size, how much was taken and completed, and the thread that is in it."""
    with lx.paging():
        rows = [
            [
                lx.label(each),
                _references(each),
                lx.label(lx.field(each, "Process")),
                lx.number(each, "SubmissionMask") + 1,
                lx.number(each, "CompletionMask") + 1,
                lx.number(each, "SubmissionHead"),
                lx.number(each, "CompletionTail"),
                lx.label(lx.at(owner, "Core_Threads_Thread")) if (owner := lx.number(each, "Owner")) else "-",
            ]
            for each in in_use(lx.kernel(), "ring")
        ]
    table(["ring", "references", "process", "submissions", "completions", "taken", "completed", "thread"], rows)


def sessions():
    """lx sessions: phase, members, and the threads that wait for its end."""
    phases = lx.enum("SessionPhase")
    with lx.paging():
        rows = [
            [
                lx.label(each),
                _references(each),
                phases[lx.number(each, "Phase")],
                lx.number(each, "MemberCount"),
                f"0x{lx.number(each, 'ExitCode'):x}",
                _waiting(lx.field(each, "Waiters")),
            ]
            for each in in_use(lx.kernel(), "session")
        ]
    table(["session", "references", "phase", "members", "exit code", "waiting"], rows)


def capabilities(process=None):
    """lx capabilities PROCESS: what a process (by the index that `lx processes` shows) may name, and with which rights."""
    if process is None or not process.split(".")[0].isdigit():
        raise gdb.GdbError("lx capabilities PROCESS: which process, by its index?")
    kinds = lx.enum("ObjectKind")
    with lx.paging():
        index = int(process.split(".")[0])
        found = [each for each in in_use(lx.kernel(), "process") if lx.number(lx.header(each), "Index") == index]
        if not found:
            raise gdb.GdbError(f"no process {process}")
        rows = [
            [
                handle & lx.INDEX_MASK,
                f"0x{handle:x}",
                kinds[int(lx.field(slot, "Kind"))].lower(),
                lx.label(lx.field(slot, "Object")) if _pooled(kinds[int(lx.field(slot, "Kind"))]) else "-",
                "".join(letter if int(lx.field(slot, "Rights")) >> bit & 1 else "-" for bit, letter in enumerate("rwgc")),
                f"0x{lx.number(slot, 'Badge'):x}",
            ]
            for slot in _slots(found[0])
            if int(lx.field(slot, "Kind")) and (handle := lx.number(slot, "Handle")) is not None
        ]
    table(["slot", "handle", "kind", "object", "rights", "badge"], rows)


def pools():
    """lx pools: how many objects of each kind are in use, and how many there is room for."""
    with lx.paging():
        root = lx.kernel()
        rows = [
            [kind, lx.number(lx.field(root, name), "_inUse"), lx.number(lx.field(root, name), "_capacity")]
            for name, kind, _ in lx_layout.POOLS
        ]
    table(["objects", "in use", "capacity"], rows)


def _slots(process):
    per_page = lx.PAGE // lx.SLOT_BYTES
    for index in range(lx.number(process, "Handles._highWaterMark")):
        if index < per_page:
            page = lx.number(process, "Handles._firstPage")
        else:
            page = lx.words(lx.number(process, "Handles._directory") + 8 * (index // per_page), 1)[0]
        yield lx.at(page + index % per_page * lx.SLOT_BYTES, "Core_Capabilities_CapabilitySlot")


def _pooled(kind):
    return any(kind.lower() == each for _, each, _ in lx_layout.POOLS)


def _references(record):
    return lx.number(lx.header(record), "References")


def _label(pointer):
    return lx.label(pointer) if int(pointer) else "-"


def _waiting(queue, role=False):
    roles = lx.enum("IpcRole")
    threads = [
        lx.label(each) + (f" {roles[lx.number(each, 'Ipc.Role')].lower()}" if role else "")
        for each in lx.threads_of(lx.field(queue, "_waiters"))
    ]
    return ", ".join(threads) or "-"
