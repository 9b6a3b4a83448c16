"""What `make debug` gives gdb to know about Lachesis: the `lx` commands, backtraces through the entry stubs, and the
symbols of whichever program a CPU runs. By hand: gdb artifacts/image/kernel.elf -x tools/gdb/lachesis.py"""

import os
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lx_commands  # noqa: E402  (needs the path above)
import lx_programs  # noqa: E402
import lx_unwind  # noqa: E402

for setting in (
    "pagination off",
    "confirm off",
    # ilc says that its types are C++; without a frame (at reset) gdb would guess.
    "language c++",
    "print pretty on",
    # A busy host answers late.
    "remotetimeout 300",
):
    gdb.execute("set " + setting)

lx_commands.register()
lx_unwind.register()
lx_programs.register()
