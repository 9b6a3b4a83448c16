"""Backtraces through the entry stubs, which carry no unwind information: a C# frame that a stub called goes on with the
registers that the stub saved, which are the user thread's or, after a fault in the kernel, those of the faulting code."""

import gdb
import gdb.unwinder
import lx_kernel as lx
import lx_layout
from gdb.FrameDecorator import FrameDecorator

_REGISTERS = ("rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 rip rsp").split()
_RETURN = b"\xc3"
_KEPT_BY_CALL = ("rbx", "rbp", "r12", "r13", "r14", "r15", "rip", "rsp")
_FROM_USER = lx_layout.STUBS_FROM_USER
_FROM_KERNEL = lx_layout.STUBS_FROM_KERNEL
_OUTERMOST = lx_layout.STUBS_OUTERMOST


class _FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class EntryStubs(gdb.unwinder.Unwinder):
    """The unwinder."""

    def __init__(self):
        super().__init__("lachesis-entry-stubs")
        self._stubs = {}

    def __call__(self, pending):
        pc = int(pending.read_register("rip")) & (1 << 64) - 1
        stub = self._stub(pc)
        if stub is None or (pending.level() == 0 and stub not in _OUTERMOST):
            return None
        rsp = int(pending.read_register("rsp")) & (1 << 64) - 1
        rbx = int(pending.read_register("rbx")) & (1 << 64) - 1
        info = pending.create_unwind_info(_FrameId(gdb.Value(rsp), gdb.Value(pc)))
        saved = {"rip": 0, "rsp": rsp}
        try:
            saved = self._saved(stub, rsp, rbx) or saved
        except gdb.error:
            pass  # Not what it should be: the backtrace ends here.
        word = gdb.lookup_type("unsigned long")
        for name, value in saved.items():
            info.add_saved_register(name, gdb.Value(value).cast(word))
        return info

    @staticmethod
    def _saved(stub, rsp, rbx):
        if stub in _FROM_USER and rbx >= lx.DIRECT_MAP:
            # Both stubs keep the thread in rbx while C# runs.
            thread = lx.at(rbx, "Core_Threads_Thread")
            context = lx.field(thread, "Context")
            interrupted = lx.number(context, "ResumeMode") == 1
            names = _REGISTERS if interrupted else _KEPT_BY_CALL
            saved = {name: lx.number(context, name.capitalize()) for name in names}
            return saved if interrupted else _caller(thread, saved)
        if stub in _FROM_KERNEL:
            # The frame that the stub pushed lies where the stack was before it was aligned; rbx has that where it can be odd.
            # An interrupt of the idle loop pushed none: the stack was emptied for it.
            place = rsp if stub == "interrupt_on_own_stack" else rbx
            if 0 <= place - rsp < 16:
                frame = lx.at(place, "Arch_X64_InterruptFrame")
                return {name: lx.number(frame, name.capitalize()) for name in _REGISTERS}
        return None

    def _stub(self, pc):
        if pc not in self._stubs:
            symbol = gdb.execute(f"info symbol {pc}", to_string=True).split(" ")[0]
            self._stubs[pc] = symbol if symbol in _FROM_USER + _FROM_KERNEL + _OUTERMOST else None
        return self._stubs[pc]


def _caller(thread, saved):
    """The C# that called the program's system call stub, which is no more than syscall and ret. Its stack is read through
    the thread's own page tables. gdb goes no further: the program's stack lies below the kernel's, taken for damage."""
    root = lx.number(lx.field(thread, "Process"), "PageTableRoot")
    rip, rsp = saved.get("rip"), saved.get("rsp")
    code, stack = lx.translate(root, rip), lx.translate(root, rsp)
    if code is not None and stack is not None and lx.read(code, 1) == _RETURN:
        saved.update(rip=lx.words(stack, 1)[0], rsp=rsp + 8)
    return saved


class _Named(FrameDecorator):
    """A frame with its function's name as C# has it."""

    def function(self):
        frame = self.inferior_frame()
        symbol = frame.function()
        return lx.source_name(symbol.linkage_name) if symbol is not None else super().function()


class _Names:
    """Names the frames of `bt`."""

    def __init__(self):
        self.name = "lachesis-names"
        self.priority = 10
        self.enabled = True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        # The outermost stub's caller is nobody, which gdb shows as a frame at address 0.
        return (_Named(frame) for frame in frames if frame.inferior_frame().pc() != 0)


def register():
    """Puts the unwinder before gdb's own."""
    gdb.unwinder.register_unwinder(None, EntryStubs(), replace=True)
    _Names()
