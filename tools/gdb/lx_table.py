"""How the lx commands print."""

import lx_kernel as lx


def table(headers, rows):
    """Numbers to the right, all else to the left; the last column is not padded."""
    cells = [[f"{each:,}" if isinstance(each, int) else str(each) for each in row] for row in rows]
    widths = [max(len(line[i]) for line in [headers, *cells]) for i in range(len(headers))]
    right = [bool(rows) and all(isinstance(row[i], int) or row[i] in ("-", "never") for row in rows)
             for i in range(len(headers))]
    for line in [headers, *cells]:
        print("  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right)).rstrip())


def instant(nanoseconds):
    """An instant, from its field."""
    return "never" if int(nanoseconds) == lx.NEVER else int(nanoseconds)


def yes(value):
    """A flag."""
    return "yes" if int(value) else "no"


def mask(bits):
    """The CPUs of a mask."""
    return ",".join(str(i) for i in range(64) if bits >> i & 1) or "-"
