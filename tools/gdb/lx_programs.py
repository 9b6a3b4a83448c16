"""Which program a process runs, told by its code, and its symbols. All programs are linked at the same address, so gdb has
the symbols of one at a time."""

import os

import gdb
import lx_kernel as lx

_loaded = None
_texts = {}
_names = {}


def folder():
    """Where the unstripped programs are: `programs` beside the kernel that gdb has."""
    kernel = gdb.current_progspace().filename or os.path.join(lx.REPOSITORY, "artifacts/image/kernel.elf")
    return os.path.join(os.path.dirname(os.path.abspath(kernel)), "programs")


def _text(name):
    """(address, bytes) of a program's executable segment."""
    path = os.path.join(folder(), name + ".debug")
    changed = os.path.getmtime(path)
    if name not in _texts or _texts[name][0] != changed:
        with open(path, "rb") as file:
            image = file.read()
        number = lambda offset, size: int.from_bytes(image[offset : offset + size], "little")
        start, size, count = number(32, 8), number(54, 2), number(56, 2)
        for header in range(start, start + size * count, size):
            if number(header, 4) == 1 and number(header + 4, 4) & 1:
                offset, length = number(header + 8, 8), number(header + 32, 8)
                _texts[name] = changed, number(header + 16, 8), image[offset : offset + length]
    return _texts[name][1:]


def name_of(process):
    """The program that a process runs, or "?"."""
    key = int(process.address), lx.number(lx.header(process), "Generation")
    if key not in _names:
        found = next((name for name in _all() if _runs(process, name)), None)
        if found is None:
            return "?"  # Not cached: it may not be loaded yet.
        _names[key] = found
    return _names[key]


def _all():
    present = sorted(os.listdir(folder())) if os.path.isdir(folder()) else []
    return [name[: -len(".debug")] for name in present if name.endswith(".debug")]


def _runs(process, name):
    address, text = _text(name)
    for offset in range(0, len(text), lx.PAGE):
        place = lx.translate(lx.number(process, "PageTableRoot"), address + offset)
        page = text[offset : offset + lx.PAGE]
        if place is None or lx.read(place, len(page)) != page:
            return False
    return True


def load(name):
    """Takes the symbols of a program instead of those of the one before."""
    global _loaded
    if name == _loaded:
        return
    path = os.path.join(folder(), name + ".debug")
    if not os.path.exists(path):
        raise gdb.GdbError(f"no program '{name}'; there are: {', '.join(_all())}")
    if _loaded is not None:
        gdb.execute(f"remove-symbol-file {os.path.join(folder(), _loaded + '.debug')}", to_string=True)
    gdb.execute(f"add-symbol-file {path}", to_string=True)
    _loaded = name


def _follow(event):
    """After a stop in a program whose symbols gdb does not have: takes them, and shows the place again."""
    pc = int(gdb.parse_and_eval("$pc"))
    if not lx.PAGE * 16 < pc < lx.USER_END or int(gdb.parse_and_eval("$cs")) & 3 != 3:
        return
    try:
        with lx.paging():
            table = lx.cpus(lx.kernel())
            process = lx.field(table[gdb.selected_thread().num - 1][1], "LoadedProcess")
            name = name_of(process.dereference()) if int(process) else "?"
        if name not in ("?", _loaded):
            load(name)
            print(f"(symbols of program {name})")
            gdb.execute("frame")
    except (gdb.error, gdb.GdbError, IndexError):
        pass  # A stop must never fail for want of symbols.


def register():
    """Follows the program from stop to stop."""
    gdb.events.stop.connect(_follow)
