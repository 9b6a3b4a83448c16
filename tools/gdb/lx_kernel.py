"""Reads the kernel's state. Every layout comes from the kernel's own debug information; what that leaves out (enums that no
field has as its type, the bits of a thread's state word) is read from the sources or said here once."""

import contextlib
import os
import re

import gdb

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "kernel_Lachesis_"
DIRECT_MAP = 0xFFFF800000000000  # Layout.DirectMap
USER_END = 1 << 47
NEVER = (1 << 63) - 1  # Instant.Never
NO_CPU = (1 << 32) - 1  # Thread.NoCpu
PAGE = 4096
FRAME_MASK = 0x000FFFFFFFFFF000


def type_of(name):
    """A kernel type by its name without the assembly: Core_Sched_Cpu."""
    return gdb.lookup_type(PREFIX + name)


def at(address, name):
    """The structure of that type at an address."""
    return gdb.Value(int(address)).cast(type_of(name).pointer()).dereference()


def read(address, length):
    """Bytes of memory."""
    return bytes(gdb.selected_inferior().read_memory(int(address), length))


def words(address, count):
    """64-bit words of memory."""
    data = read(address, 8 * count)
    return [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]


def kernel():
    """The Kernel structure, once it has CPUs."""
    found = gdb.parse_and_eval(f"&{PREFIX}Arch_X64_KernelBoot::_kernel").dereference()
    if int(found["CpuCount"]) == 0:
        raise gdb.GdbError("the kernel has not set up its CPUs yet: continue first")
    return found


@contextlib.contextmanager
def paging():
    """Reads through a CPU that has paging on: the one selected, if it has, else the first that has."""
    before = gdb.selected_thread()
    if before is None:
        raise gdb.GdbError("no guest: use make debug, or target remote")
    try:
        for thread in [before] + sorted(gdb.selected_inferior().threads(), key=lambda each: each.num):
            if thread.num != gdb.selected_thread().num:
                thread.switch()
            try:
                kernel()
                break
            except gdb.MemoryError:
                continue
        else:
            raise gdb.GdbError("no CPU has paging on yet: continue first")
        yield
    finally:
        if before.is_valid() and gdb.selected_thread().num != before.num:
            before.switch()


def cpus(root):
    """(number, Cpu) of every CPU that runs."""
    table = words(root["_cpus"].address, int(root["CpuCount"]))
    return [(number, at(address, "Core_Sched_Cpu")) for number, address in enumerate(table)]


def pool(root, field, name):
    """Every slot of a pool that was ever used."""
    slots = root[field]
    for index in range(int(slots["_used"])):
        yield at(int(slots["_slots"]) + index * int(slots["_slotBytes"]), name)


def queued(run_queue):
    """The threads of a run queue, those of the policy in force first, each policy's in the order in which they would run."""
    structures = [
        lambda: _tree(run_queue["Fair"]["_tree"]["_root"]),
        lambda: _levels(run_queue),
        lambda: _list(run_queue["_turns"]),
    ]
    policy = int(run_queue["Policy"])
    for number in [policy] + [other for other in range(len(structures)) if other != policy]:
        yield from structures[number]()


def _tree(node):
    """The threads below a node of the B+ tree, by deadline: its slots stand in the order of its nibbles."""
    if not int(node):
        return
    below = node["Below"].address.cast(gdb.lookup_type("unsigned long").pointer())
    for rank in range(int(node["Count"])):
        entry = int(below[int(node["Order"]) >> (4 * rank) & 15])
        if int(node["Level"]):
            yield from _tree(gdb.Value(entry).cast(node.type))
        else:
            yield at(entry, "Core_Threads_Thread")


def _levels(run_queue):
    lists = run_queue["_levels"]["_lists"].address.cast(run_queue["_turns"].type.pointer())
    for level in range(255, -1, -1):
        yield from _list(lists[level])


def _list(threads):
    thread, seen = threads["First"], set()
    while int(thread) and int(thread) not in seen:
        seen.add(int(thread))
        yield thread.dereference()
        thread = thread["QueueNext"]


def label(record):
    """index.generation of a pooled object."""
    header = record["Header"]
    return f"{int(header['Index'])}.{int(header['Generation'])}"


def state(thread):
    """(place, CPU) of a thread, from its state word as ThreadState packs it."""
    word = int(thread["StateWord"])
    number = word & 0xFF
    names = enum("Core_Threads_Place", "kernel/core/threads/ThreadState.cs", "Place")
    return names[number] if number < len(names) else f"damaged (0x{word:x})", (word >> 8) & 0xFF


_enums = {}


def enum(dwarf_name, path, source_name):
    """Names of an enum's members by value, from the debug information or, where ilc emits none, from the source."""
    if source_name not in _enums:
        try:
            members = {field.enumval: field.name for field in type_of(dwarf_name).fields()}
        except gdb.error:
            members = _parse_enum(os.path.join(REPOSITORY, path), source_name)
        _enums[source_name] = [members.get(i, str(i)) for i in range(max(members) + 1)]
    return _enums[source_name]


def _parse_enum(path, name):
    with open(path, encoding="utf-8") as source:
        body = re.search(r"enum " + name + r"\b[^{]*\{(.*?)^\}", source.read(), re.S | re.M)
    if body is None:
        raise gdb.GdbError(f"no enum {name} in {path}")
    members, value = {}, 0
    for member, given in re.findall(r"^\s*(\w+)(?:\s*=\s*(\w+))?,", body.group(1), re.M):
        value = int(given, 0) if given else value
        members[value] = member
        value += 1
    return members


def counter_names():
    """Names of the counters by index."""
    return [name for name in enum("Abi_Counter", "kernel/abi/Counter.cs", "Counter") if name != "Count"]


def source_name(name):
    """The C# name of a function from its flattened one: the assembly and generic arguments go, the type and method stay."""
    plain = re.sub(r"<.*?>(?=__|$)", "", name)
    kind, separator, method = plain.partition("__")
    if not separator or "_" not in kind:
        return name
    return re.sub(r"_\d+$", "", kind).rpartition("_")[2] + "." + method


def translate(root, address):
    """Where a user address of the address space with that root table lies in the direct map, or None."""
    table = root & FRAME_MASK
    for shift in (39, 30, 21, 12):
        entry = words(DIRECT_MAP + table + 8 * ((address >> shift) & 511), 1)[0]
        if not entry & 1:
            return None
        table = entry & FRAME_MASK
        if shift == 12 or entry & 0x80:
            return DIRECT_MAP + (table & ~((1 << shift) - 1)) + (address & ((1 << shift) - 1))
    return None
