"""The original's story once more, on this machine: one request at once against many at the limit, INSERT against COPY."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import chart
from chart import Bar, Group
from server import Server

TABLE = "stats.t_aggregate_activity_stats"
# What the original says of itself.
ONE_AT_ONCE = (10, 4.83)  # requests, seconds
MANY_AT_ONCE = (551, 34.78)
INSERTED = (12_848, 22.34)  # rows, seconds
COPIED = (672_768, 38.84)


@dataclass
class Rate:
    """So many requests or rows in so many seconds."""

    name: str
    count: int
    seconds: float
    is_ours: bool = False

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


@dataclass
class Story:
    """Both of its parts, slow ways first."""

    requests: list[Rate]
    rows: list[Rate]


def inserted(server: Server, count: int) -> list[Rate]:
    """Inserts so many of the table's rows, each of them alone."""
    print("rows one by one", file=sys.stderr)
    script = Path(__file__).with_name("fetch_inserts.py")
    rates = []
    for name, commits in (("INSERT, COMMIT, row by row", "each"), ("INSERT row by row, one COMMIT", "once")):
        call: list[str | Path] = [sys.executable, script, server.url, TABLE, str(count), commits]
        seconds = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
        rates.append(Rate(f"psycopg2: {name}", count, float(seconds)))
    return rates


def story(
    one: tuple[int, float], many: tuple[int, float], copied: tuple[int, float], inserted: list[Rate]
) -> Story:
    """What was measured of pghaul and of INSERT, beside what the original says."""
    original = "the original's own figure: "
    return Story(
        requests=[
            Rate(f"{original}1 at once", *ONE_AT_ONCE),
            Rate("pghaul, concurrency: 1", *one, is_ours=True),
            Rate(f"{original}25 at once", *MANY_AT_ONCE),
            Rate("pghaul at the limit", *many, is_ours=True),
        ],
        rows=[
            Rate(f"{original}INSERT, COMMIT", *INSERTED),
            *inserted,
            Rate(f"{original}COPY", *COPIED),
            Rate("pghaul: COPY, publication, ANALYZE", *copied, is_ours=True),
        ],
    )


def svg(told: Story) -> str:
    return chart.svg(
        "Following an API: per second",
        "Requests are limited to 25 per second, and each takes 0.48 s. More is better.",
        "Requests and rows per second, one by one and as pghaul does it",
        [_group("requests", told.requests, 1), _group("rows", told.rows, 0)],
    )


def _group(what: str, rates: list[Rate], digits: int) -> Group:
    bars = [
        Bar(
            label=rate.name.replace("the original's own figure", "original"),
            value=rate.per_second,
            shown=f"{rate.per_second:,.{digits}f}",
            hint=f"{rate.name}: {rate.seconds:.2f} s for {rate.count:,} {what}",
            is_ours=rate.is_ours,
        )
        for rate in rates
    ]
    return Group(f"{what} per second", bars, max(bar.most for bar in bars))


def section(told: Story) -> list[str]:
    """Its part of the page."""
    lines = ["| what | how many | seconds | per second |", "| --- | --: | --: | --: |"]
    for what, rates, digits in (("requests", told.requests, 1), ("rows", told.rows, 0)):
        lines += [
            f"| {rate.name} | {rate.count:,} {what} | {rate.seconds:.2f} | {rate.per_second:,.{digits}f} |" for rate in rates
        ]
    return [
        "## The original's story",
        "![Requests and rows per second: one by one, and as pghaul does it](fetch.svg)",
        "The original got from one request at a time to 25 at once, and from an `INSERT` with a `COMMIT` for each row to `COPY`.\n"
        "The same steps on this machine. pghaul's rows are those of the run at the limit, by the time in which a connection\n"
        "copied or published them, or executed a statement of the job (`seconds_in.database`).",
        "\n".join(lines),
    ]
