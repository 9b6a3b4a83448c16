"""Whether what the lx commands read is there: fields in the debug information, names and numbers in the sources, stubs in the
image. Needs no guest."""

import ast
import os
import re

import gdb
import lx_kernel as lx
import lx_layout

_READERS = ("field", "number")


def check():
    """lx check: that all that these commands read exists in this kernel; ends in an error that names what does not."""
    problems = [*_fields(), *_uses(), *_enums(), *_constants(), *_stubs()]
    for problem in problems:
        print(f"missing: {problem}")
    if problems:
        raise gdb.GdbError(f"{len(problems)} of what the lx commands read is not there: change tools/gdb/lx_layout.py and who reads it")
    paths = sum(len(each) for each in lx_layout.FIELDS.values())
    print(f"{paths} fields of {len(lx_layout.FIELDS)} structures are there, and all else that the lx commands read")


def _fields():
    for name, paths in lx_layout.FIELDS.items():
        try:
            kind = lx.type_of(name)
        except gdb.error:
            yield f"structure {name}"
            continue
        for path in paths:
            if not _has(kind, path.split(".")):
                yield f"field {path} of {name}"


def _has(kind, steps):
    for step in steps:
        if kind.code == gdb.TYPE_CODE_PTR:
            kind = kind.target()
        fields = {field.name: field.type for field in kind.strip_typedefs().fields()}
        if step not in fields:
            return False
        kind = fields[step]
    return True


def _uses():
    """What the commands ask for by name without its being listed, and subscripts that go past the accessor."""
    listed = {path for paths in lx_layout.FIELDS.values() for path in paths}
    for file in sorted(os.listdir(os.path.dirname(os.path.abspath(__file__)))):
        if not file.endswith(".py"):
            continue
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), file), encoding="utf-8") as source:
            tree = ast.parse(source.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                yield f"accessor of '{node.slice.value}' ({file}:{node.lineno} reads it without lx.field)"
            if isinstance(node, ast.Call) and _name(node.func) in _READERS and len(node.args) == 2:
                path = node.args[1]
                if isinstance(path, ast.Constant) and isinstance(path.value, str) and path.value not in listed:
                    yield f"entry for '{path.value}' in lx_layout.py ({file}:{node.lineno} reads it)"


def _name(function):
    return getattr(function, "attr", None) or getattr(function, "id", None)


def _enums():
    for name, path in lx_layout.ENUMS.items():
        try:
            lx.enum(name)
        except (gdb.GdbError, OSError):
            yield f"enum {name} in {path}"


def _constants():
    for name, value, path in lx_layout.CONSTANTS:
        try:
            with open(os.path.join(lx.REPOSITORY, path), encoding="utf-8") as source:
                found = re.search(rf"\bconst \w+ {name} = (0x[0-9A-Fa-f_]+|[0-9_]+);", source.read())
        except OSError:
            found = None
        if found is None or int(found.group(1).replace("_", ""), 0) != value:
            yield f"constant {name} = {value:#x} in {path}"


def _stubs():
    for name in lx_layout.STUBS_FROM_USER + lx_layout.STUBS_FROM_KERNEL + lx_layout.STUBS_OUTERMOST:
        if not _symbol(name):
            yield f"stub {name}"


def _symbol(name):
    try:
        gdb.parse_and_eval(f"&{name}")
        return True
    except gdb.error:
        return False
