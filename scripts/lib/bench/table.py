"""Tables of what was measured, which are Markdown and can be read as they are."""

from measure import Contender

HEAD = ["contender", "rows", "median s", "spread s", "rows/s", "rows/processor s", "ratio", "peak MiB"]


def table(contenders: list[Contender]) -> str:
    """One line per contender; the ratio is that of rows per second to the first one's."""
    first = contenders[0].rows_per_second
    return markdown([HEAD, *(_row(contender, first) for contender in contenders)])


def _row(contender: Contender, first: float) -> list[str]:
    fastest, slowest = contender.spread
    return [
        contender.name,
        f"{contender.rows:,}",
        f"{contender.seconds:.2f}",
        f"{fastest:.2f}–{slowest:.2f}",
        f"{contender.rows_per_second:,.0f}",
        f"{contender.rows_per_processor_second:,.0f}",
        f"{contender.rows_per_second / first:.3g}",
        f"{contender.peak / 2**20:.0f}",
    ]


def markdown(rows: list[list[str]]) -> str:
    """A table with a head; all columns but the first hold numbers."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [_line([cell.rjust(width) for cell, width in zip(row, widths)], row[0], widths[0]) for row in rows]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], _line(rules, rules[0], widths[0]), *lines[1:]]) + "\n"


def _line(cells: list[str], first: str, width: int) -> str:
    return "| " + " | ".join([first.ljust(width), *cells[1:]]) + " |"
