"""Where breakpoints go: C# names of methods, and what is close to a name that there is not."""

import difflib
import os
import re

import gdb
import lx_kernel as lx

_BAD_PLACE = 2
_MOST_CLOSE = 3
_DECLARATION = re.compile(r"^\s+(?:public|internal|private)\b[^=;({]*\b(\w+)(?:<\w+>)?\(", re.M)


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
    try:
        break_at(*spec)
    except gdb.GdbError as problem:
        # There is nothing to debug at a place that there is not: gdb ends, and with it the guest.
        gdb.write(f"BREAK: {problem}\n", gdb.STDERR)
        gdb.execute(f"quit {_BAD_PLACE}")
    try:
        gdb.execute("continue")
    except gdb.error as problem:
        raise gdb.GdbError(f"the guest ended before it came to {' '.join(spec)} ({problem})")


def close(word, names):
    """The names that are most like a word, in one string; "" if none is. A method of that very name in another type is first."""
    method = word.lower().rpartition(".")[2]
    plain = {name.lower(): name for name in sorted(names, reverse=True)}
    same = [each for each in sorted(plain) if "." in word and not word.endswith(".cs") and each.rpartition(".")[2] == method]
    like = difflib.get_close_matches(word.lower(), plain, n=_MOST_CLOSE, cutoff=0.75)
    return ", ".join(plain[each] for each in dict.fromkeys([*same[:_MOST_CLOSE], *like]))


def _places(spec):
    """What hbreak understands for a place: Type.Method becomes the addresses of every instance that has code."""
    match = re.fullmatch(r"(?:[\w.]+\.)?(\w+)\.(\w+)", spec)
    if match is not None and not spec.endswith(".cs"):
        return _method(spec, *match.groups())
    try:
        gdb.decode_line(spec)
    except gdb.error as problem:
        raise _unknown(spec, problem)
    return [spec]


def _method(spec, kind, method):
    pattern = re.compile(rf"\w+_{kind}(?:_\d+<.*>)?__{method}(?:_\d+)?(?:<.*>)?")
    found = {name for name in _functions(f"{kind}.*__{method}") if pattern.fullmatch(name)}
    places = [f"*{int(gdb.parse_and_eval(f'(unsigned long)&{chr(39)}{name}{chr(39)}'))}" for name in sorted(found)]
    if places:
        return places
    declared = set(_declared())
    if f"{kind}.{method}" in declared:
        raise gdb.GdbError(f"{spec} has no code of its own: it is inlined wherever it is called; DEBUG_KERNEL=1 inlines nothing")
    raise gdb.GdbError(_no_function(f"{kind}.{method}", declared | {lx.source_name(name) for name in _functions("__")}))


def _unknown(spec, problem):
    """What is wrong with a symbol or FILE:LINE, with what is close to it."""
    name, colon, _ = spec.partition(":")
    if not colon:
        return gdb.GdbError(_no_function(spec, _symbols()))
    like = close(name, {os.path.basename(path) for path in _sources()})
    return gdb.GdbError(str(problem).rstrip(".") + (f"; close: {like}" if like else ""))


def _no_function(spec, names):
    like = close(spec, names)
    return f"no function '{spec}'" + (f"; close: {like}" if like else "")


def _functions(pattern):
    """Names of the functions with debug information that match."""
    listed = gdb.execute(f"info functions -n {pattern}", to_string=True)
    return re.findall(r"^\d+:.*[ *&]([A-Za-z_]\w*(?:<[^()]*>)?\w*(?:<[^()]*>)?)\(", listed, re.M)


def _symbols():
    """Names of the symbols of code that are no flattened C# names: stubs, and methods that they call."""
    listed = gdb.execute("maintenance print msymbols", to_string=True)
    return set(re.findall(r"^\[ *\d+\] [tT] 0x[0-9a-f]+ (\w+) section", listed, re.M))


def _sources():
    for folder, _, files in os.walk(os.path.join(lx.REPOSITORY, "kernel")):
        yield from (os.path.join(folder, file) for file in files if file.endswith(".cs"))


def _declared():
    """Type.Method of the methods in the kernel's sources, inlined ones too; a type's files are named after it."""
    for path in _sources():
        kind = os.path.basename(path).split(".")[0]
        with open(path, encoding="utf-8") as source:
            yield from (f"{kind}.{name}" for name in _DECLARATION.findall(source.read()))
