"""Reads the kernel's state. Every layout comes from the kernel's own debug information, by the names in lx_layout; what that leaves
out (enums, the bits of a thread's state word) is read from the sources or said here once."""

import contextlib
import os
import re

import gdb
import lx_layout

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "kernel_Lachesis_"
DIRECT_MAP = 0xFFFF800000000000  # Layout.DirectMap
INDEX_MASK = (1 << 15) - 1  # CapabilitySpace.IndexBits
SLOT_BYTES = 64
USER_END = 1 << 47
NEVER = (1 << 63) - 1  # Instant.Never
NO_CPU = (1 << 32) - 1  # Thread.NoCpu
PAGE = 4096
FRAME_MASK = 0x000FFFFFFFFFF000


def type_of(name):
    """A kernel type by its name without the assembly: Core_Sched_Cpu."""
    return gdb.lookup_type(PREFIX + name)


def field(value, path):
    """A field of a structure, or of the one that a pointer points to, by its path. Only what lx_layout lists can be read."""
    name = _type_name(value)
    if path not in lx_layout.FIELDS.get(name, ()):
        raise gdb.GdbError(f"tools/gdb/lx_layout.py does not list {path} of {name}")
    for step in path.split("."):
        try:
            value = value[step]
        except gdb.MemoryError:
            raise
        except gdb.error:
            raise gdb.GdbError(f"{name} has no field {path} (any more): no '{step}'; see `lx check`")
    return value


def _type_name(value):
    kind = value.type.target() if value.type.code == gdb.TYPE_CODE_PTR else value.type
    return str(kind.strip_typedefs().name).removeprefix(PREFIX)


def number(value, path):
    """A field as a number."""
    return int(field(value, path))


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
    found = gdb.parse_and_eval(f"&{PREFIX}Arch_X64_KernelBoot::s_kernel").dereference()
    if number(found, "CpuCount") == 0:
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
    table = words(field(root, "_cpus").address, number(root, "CpuCount"))
    return [(index, at(address, "Core_Sched_Cpu")) for index, address in enumerate(table)]


def pool(root, kind):
    """Every slot that was ever used of the pool of a kind of object."""
    pool_field, type_name = next((pool, name) for pool, each, name in lx_layout.POOLS if each == kind)
    slots = field(root, pool_field)
    for index in range(number(slots, "_highWaterMark")):
        yield at(number(slots, "_slots") + index * number(slots, "_slotBytes"), type_name)


def owner_of(root, address):
    """(kind, object) of the pooled object that an address lies in, or (None, None)."""
    for pool_field, kind, type_name in lx_layout.POOLS:
        slots = field(root, pool_field)
        start, size = number(slots, "_slots"), number(slots, "_slotBytes")
        if start <= address < start + size * number(slots, "_highWaterMark"):
            return kind, at(address - (address - start) % size, type_name)
    return None, None


def queued(run_queue):
    """The threads of a run queue, those of the policy in force first, each policy's in the order in which they would run."""
    structures = [
        lambda: _tree(field(run_queue, "Fair._tree._root")),
        lambda: _levels(run_queue),
        lambda: threads_of(field(run_queue, "_roundRobin._threads")),
    ]
    policy = number(run_queue, "Policy")
    for each in [policy] + [other for other in range(len(structures)) if other != policy]:
        yield from structures[each]()


def _tree(node):
    """The threads below a node of the B+ tree, by deadline: its slots stand in the order of its nibbles."""
    if not int(node):
        return
    below = field(node, "Children").address.cast(gdb.lookup_type("unsigned long").pointer())
    for rank in range(number(node, "Count")):
        entry = int(below[number(node, "Permutation") >> (4 * rank) & 15])
        if number(node, "Height"):
            yield from _tree(gdb.Value(entry).cast(node.type))
        else:
            yield at(entry, "Core_Threads_Thread")


def _levels(run_queue):
    lists = field(run_queue, "_levels._lists").address.cast(field(run_queue, "_roundRobin._threads").type.pointer())
    for level in range(255, -1, -1):
        yield from threads_of(lists[level])


def threads_of(listed):
    """The threads of a list, from its first on."""
    thread, seen = field(listed, "First"), set()
    while int(thread) and int(thread) not in seen:
        seen.add(int(thread))
        yield thread.dereference()
        thread = field(thread, "QueueNext")


def header(record):
    """The pool's part of an object, or of the one that a pointer points to."""
    name = _type_name(record)
    if name == "Core_Objects_ObjectHeader":
        return record.dereference() if record.type.code == gdb.TYPE_CODE_PTR else record
    return header(field(record, "Waitable")) if name == "Core_Notifications_Notification" else field(record, "Header")


def label(record):
    """index.generation of a pooled object, or of a reference to one."""
    part = record if _type_name(record) == "Core_Objects_ObjectRef" else header(record)
    return f"{number(part, 'Index')}.{number(part, 'Generation')}"


def state(thread):
    """(place, CPU) of a thread, from its state word as ThreadState packs it."""
    word = number(thread, "StateWord")
    place = word & 0xFF
    names = enum("ThreadLocation")
    return names[place] if place < len(names) else f"damaged (0x{word:x})", (word >> 8) & 0xFF


_enums = {}


def enum(name):
    """Names of an enum's members by value, from the sources."""
    if name not in _enums:
        members = _parse_enum(os.path.join(REPOSITORY, lx_layout.ENUMS[name]), name)
        _enums[name] = [members.get(i, str(i)) for i in range(max(members) + 1)]
    return _enums[name]


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
    return [name for name in enum("Counter") if name != "Count"]


def source_name(name):
    """The C# name of a function from its flattened one: the assembly and generic arguments go, the type and method stay."""
    plain = re.sub(r"<.*?>(?=__|$)", "", name)
    kind, separator, method = plain.partition("__")
    if not separator or "_" not in kind:
        return name
    return re.sub(r"_\d+$", "", kind).rpartition("_")[2] + "." + re.sub(r"_\d+$", "", method)


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
