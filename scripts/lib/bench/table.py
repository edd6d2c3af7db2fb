"""Tables of what was measured, which are Markdown and can be read as they are."""

from collections.abc import Callable

from measure import Contender

# What a column shows of a contender, given the first one.
Column = Callable[[Contender, Contender], str]

COLUMNS: dict[str, Column] = {
    "contender": lambda one, _: one.name,
    "rows": lambda one, _: f"{one.rows:,}",
    "median s": lambda one, _: f"{one.seconds:.2f}",
    "spread s": lambda one, _: "{:.2f}–{:.2f}".format(*one.spread),
    "rows/s": lambda one, _: f"{one.rows_per_second:,.0f}",
    "rows/processor s": lambda one, _: f"{one.rows_per_processor_second:,.0f}",
    "MB/s": lambda one, _: f"{one.megabytes_per_second:,.1f}",
    "ratio": lambda one, first: f"{one.rows_per_second / first.rows_per_second:.3g}",
    "peak MiB": lambda one, _: f"{one.peak / 2**20:.0f}" if one.peak else "–",
}


def table(contenders: list[Contender], columns: list[str]) -> str:
    """One line per contender; the ratio is that of rows per second to the first one's."""
    rows = [[COLUMNS[name](one, contenders[0]) for name in columns] for one in contenders]
    return markdown([columns, *rows])


def markdown(rows: list[list[str]]) -> str:
    """A table with a head; all columns but the first hold numbers."""
    rows = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [_line([cell.rjust(width) for cell, width in zip(row, widths)], row[0], widths[0]) for row in rows]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], _line(rules, rules[0], widths[0]), *lines[1:]]) + "\n"


def _line(cells: list[str], first: str, width: int) -> str:
    return "| " + " | ".join([first.ljust(width), *cells[1:]]) + " |"
