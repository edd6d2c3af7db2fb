"""The page about `scripts/bench ingest`."""

from dataclasses import dataclass

from goals import at_least, at_most
from measure import Contender
from table import markdown, table

# The tables of the page.
LOGGED = "PostgreSQL's defaults"
EMBEDDED = "The embedded server's settings"
ONE_FILE_LOGGED = "One data file, PostgreSQL's defaults"
ONE_FILE_EMBEDDED = "One data file, the embedded server's settings"

COLUMNS = ["contender", "rows", "median s", "spread s", "rows/s", "MB/s", "ratio", "peak MiB"]

# The goals, for two workers unless they say otherwise.
LIMIT_A, LIMIT_A_EMBEDDED = 1.8, 2.2  # times as fast
LIMIT_B = 1.25  # times its time
UNZIP, DUCKDB, PGLOADER = 2.5, 2, 40  # times as fast
PEAK = 64  # MiB
ONE_FILE = 0.7  # of one worker's time


@dataclass(frozen=True)
class Measured:
    """What there is to tell."""

    rounds: int
    facts: list[tuple[str, str]]
    tables: dict[str, list[Contender]]
    free_cores: float  # of two
    analyze: float  # seconds, of the main tables
    data: list[str]  # the commands that made it
    commands: list[tuple[str, str]]  # of the contenders
    settings: dict[str, dict[str, str]]  # of each server

    def find(self, group: str, name: str) -> Contender:
        """The only one whose name begins so."""
        (found,) = (each for each in self.tables[group] if each.name.startswith(name))
        return found


def page(measured: Measured, quick: bool) -> str:
    flag = " --quick" if quick else ""
    main = measured.tables[LOGGED][0]
    names = list(measured.settings)
    settings = [["setting", *names]] + [
        [name, *(measured.settings[server][name] for server in names)] for name in measured.settings[LOGGED]
    ]
    parts = [
        "# Loading dumps, measured",
        f"By `scripts/bench ingest{flag}`: {measured.rounds} rounds in which all take turns; medians, and the fastest and"
        "\nslowest round. The ratio is that of rows per second to the table's first line. How to read this:"
        "\n[benchmarks](../benchmarks.md#loading-dumps).",
        "![Rows per second of every contender, as in the tables](ingest.svg)",
        "\n".join(f"- {name}: {value}" for name, value in measured.facts)
        + f"\n- cores that two processes at once had, of 2: {measured.free_cores:.2f}",
        f"Data: two dumps of two data files, {main.rows:,} rows, {main.bytes / 1e6:,.0f} MB of text in all; the first rows of"
        "\nthe same for pgloader; and one data file alone.",
        _code(measured.data),
        *(
            f"## {title}\n\n{table(contenders, COLUMNS).strip()}"
            for title, contenders in measured.tables.items()
        ),
        "## Goals\n\nOf two workers, where no other number is named."
        + (" They are set for the full size: with so few rows, ANALYZE and other\nfixed costs weigh more." if quick else ""),
        "\n".join(goals(measured)),
        "## Settings\n\nOtherwise PostgreSQL's defaults.",
        markdown(settings).strip(),
        "## Commands\n\n`$WORK` is the folder that they run in, `$URL` the server's address.",
        _code([f"# {name}\n{command}" for name, command in _once(measured.commands)]),
    ]
    return "\n\n".join(parts) + "\n"


def goals(measured: Measured) -> list[str]:
    """Each goal, and whether it is met."""
    logged, tuned = (measured.find(group, "pghaul, 2 workers") for group in (LOGGED, EMBEDDED))

    def faster(what: str, peer: Contender, goal: float, ours: Contender = logged) -> str:
        return at_least(f"times as fast as {what}", ours.rows_per_second / peer.rows_per_second, goal)

    limit_a = {group: measured.find(group, "limit A") for group in (LOGGED, EMBEDDED)}
    limit_b = {group: measured.find(group, "limit B") for group in (LOGGED, EMBEDDED)}
    unlogged = measured.find(LOGGED, "pghaul --unlogged, 2 workers")
    four = [each for group in measured.tables.values() for each in group if each.name.endswith(", 4 workers")]
    one_file = {title: measured.tables[title] for title in (ONE_FILE_LOGGED, ONE_FILE_EMBEDDED)}
    return [
        faster("limit A, defaults", limit_a[LOGGED], LIMIT_A),
        faster("limit A with the same settings, embedded server", limit_a[EMBEDDED], LIMIT_A_EMBEDDED, tuned),
        faster("limit A with the defaults, embedded server", limit_a[LOGGED], LIMIT_A_EMBEDDED, tuned),
        at_most("times limit B's time, defaults", logged.seconds / limit_b[LOGGED].seconds, LIMIT_B),
        at_most("times limit B's time, embedded server", tuned.seconds / limit_b[EMBEDDED].seconds, LIMIT_B),
        faster("`unzip -p | psql`", measured.find(LOGGED, "unzip"), UNZIP),
        faster("DuckDB", measured.find(LOGGED, "DuckDB"), DUCKDB),
        faster("pgloader", measured.find(LOGGED, "pgloader"), PGLOADER),
        at_most("peak MiB of pghaul with 4 workers", max(each.peak for each in four) / 2**20, PEAK, digits=0),
        *(
            at_most(f"{title}: time of 4 workers to that of one", four.seconds / one.seconds, ONE_FILE)
            for title, (one, four) in one_file.items()
        ),
        "- without a goal: ANALYZE of the tables, one after the other, which is in pghaul's time and in no other's:"
        f" {measured.analyze:.2f} s",
        f"- without a goal: `--unlogged` is {logged.seconds / unlogged.seconds:.2f} times as fast as without it",
    ]


def _code(lines: list[str]) -> str:
    return "\n".join(["```sh", *lines, "```"])


def _once(commands: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without those that differ in the server's address alone."""
    return [each for number, each in enumerate(commands) if each not in commands[:number]]
