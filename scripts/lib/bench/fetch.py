"""Measures `pghaul fetch` against the mock API of the project: at a limit, without one, and how fast rows are made.

usage: fetch.py PGHAUL [--quick] [--write] [--compare]
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import command
import fetch_compare
import interrupt
import machine
from goals import at_least, at_most
from measure import run
from server import Embedded, running

REQUESTS = 551
ROWS = 672_768
LATENCY = 0.48  # seconds
LIMIT, WINDOW = 250, 10.0  # requests, seconds
# The last request cannot come before two windows have passed, and takes its time.
LEAST = (REQUESTS - 1) // LIMIT * WINDOW + LATENCY
ONE_AT_ONCE, QUICK_ONE_AT_ONCE = 40, 10  # requests
INSERTS, QUICK_INSERTS = 12_848, 1_000  # rows, as many as the original's

# The goals.
OVER_LEAST = 1.03
AFTER_LAST = 1.0  # seconds
SMALL_PER_SECOND = 4_000
SHAPED_PER_SECOND = 30.0  # MB, on one core
PEAK = 100.0  # MiB


@dataclass
class Api:
    """The mock API while it runs; what it has counted, once it has ended."""

    url: str
    counted: dict[str, float] = field(default_factory=dict)


@dataclass
class Measured:
    """One run."""

    seconds: float  # of the report
    requesting: float  # from the first request to the last answer, as the API saw it
    publishing: float  # from the last answer on
    violations: int
    database: float  # as the report says
    peak_mib: float
    bytes: int


@contextmanager
def mock_api(program: Path, *flags: str) -> Iterator[Api]:
    process = subprocess.Popen([program, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    api = Api(process.stdout.readline().strip())
    try:
        yield api
    finally:
        process.stdin.close()
        text = process.stdout.read()
        process.wait()
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
    api.counted = dict(zip(["requests", "violations", "most", "first", "last"], numbers))


@dataclass
class Bench:
    pghaul: Path
    api: Path
    work: Path
    server: Embedded

    def fetch(self, config: str, job: str, rows: int | None, *flags: str) -> Measured:
        """Runs a job whose configuration names the API as `${DEMO_API}`, and which has so many rows, if that is known."""
        (self.work / "config.yml").write_text(config)
        report = self.work / "report.json"
        self.server.sql("SET client_min_messages = warning", "DROP SCHEMA IF EXISTS stats CASCADE", "DROP TABLE IF EXISTS small", "CHECKPOINT")
        with mock_api(self.api, *flags) as api:
            os.environ["DEMO_API"] = api.url
            os.environ["DEMO_API_KEY"] = "demo"
            sample = run([self.pghaul, "fetch", job, *self.server.target, "--report", report], self.work)
        told = json.loads(report.read_text())
        if rows is not None and told["totals"]["rows_loaded"] != rows:
            sys.exit(f"error: {told['totals']['rows_loaded']} rows instead of {rows}")
        sql = f"SELECT extract(epoch FROM finished_at) FROM pghaul.fetch_jobs WHERE job = '{job}'"
        finished = float(self.server.sql(sql))
        counted = api.counted
        return Measured(
            seconds=told["seconds"],
            requesting=counted["last"] - counted["first"],
            publishing=finished - counted["last"],
            violations=int(counted["violations"]),
            database=told["seconds_in"]["database"],
            peak_mib=sample.peak / 2**20,
            bytes=told["totals"]["bytes_read"],
        )


def main() -> None:
    arguments = command.parse("fetch", compares=True)
    interrupt.end_in_order()
    machine.warn_if_busy()
    facts = machine.facts()
    with command.work_folder() as work:
        with running(Embedded(arguments.pghaul, work / "data")) as server:
            facts.append(("PostgreSQL", server.sql("SHOW server_version")))
            bench = Bench(arguments.pghaul, arguments.pghaul.with_name("pghaul-mock-api"), work, server)
            files = measure(bench, facts, arguments.quick, arguments.compare)
    command.publish(files, arguments.write)


def measure(bench: Bench, facts: list[tuple[str, str]], quick: bool, compare: bool) -> dict[str, str]:
    requests = subprocess.run([bench.api, "--requests"], check=True, capture_output=True, text=True).stdout
    (bench.work / "characters.ndjson").write_text(requests)
    stats = Path("fixtures/fetch/config.yml").read_text()
    unlimited = re.sub(r"^    rate: .*\n", "", stats, flags=re.MULTILINE)
    small_count = 20_000 if quick else 60_000
    small = (
        "fetch:\n  small:\n    requests: {file: small.ndjson}\n    url: '${DEMO_API}/small/{id}'\n"
        "    concurrency: 16\n    rows: '.[] | [.]'\n"
        "    into: {table: small, mode: replace, columns: {id: bigint}}\n"
    )
    (bench.work / "small.ndjson").write_text("".join(f'{{"id": {number}}}\n' for number in range(small_count)))
    limits = ["--latency-ms", str(int(LATENCY * 1000)), "--limit", str(LIMIT), "--window-ms", str(int(WINDOW * 1000))]
    print("at the limit", file=sys.stderr)
    limited = bench.fetch(stats, "activity_stats", ROWS, *limits)
    files = {"fetch.md": ""}
    story = None
    if compare:
        story = told(bench, stats, limits, limited, quick)
        files["fetch.svg"] = fetch_compare.svg(story)
    print("without a limit", file=sys.stderr)
    free = min((bench.fetch(unlimited, "activity_stats", ROWS) for _ in range(3)), key=lambda one: one.requesting)
    many = min((bench.fetch(small, "small", small_count) for _ in range(3)), key=lambda one: one.requesting)
    print("making rows", file=sys.stderr)
    shaped = subprocess.run(
        ["cargo", "bench", "--quiet", "--locked", "--bench", "shape"], check=True, capture_output=True, text=True
    ).stdout
    parts = page(facts, limited, free, many, small_count, float(shaped.split()[0]))
    files["fetch.md"] = "\n\n".join(parts + (fetch_compare.section(story) if story else [])) + "\n"
    return files


def told(bench: Bench, stats: str, limits: list[str], limited: Measured, quick: bool) -> fetch_compare.Story:
    """The original's story; the table has the rows of the run at the limit."""
    few = QUICK_INSERTS if quick else INSERTS
    inserted = fetch_compare.inserted(bench.server, few)
    print("one request at once", file=sys.stderr)
    count = QUICK_ONE_AT_ONCE if quick else ONE_AT_ONCE
    file = bench.work / "characters.ndjson"
    all_requests = file.read_text()
    file.write_text("".join(all_requests.splitlines(keepends=True)[:count]))
    one = bench.fetch(stats.replace("concurrency: 60", "concurrency: 1"), "activity_stats", None, *limits)
    file.write_text(all_requests)
    many, copied = (REQUESTS, limited.requesting), (ROWS, limited.database)
    return fetch_compare.story((count, one.requesting), many, copied, inserted)


def page(
    facts: list[tuple[str, str]], limited: Measured, free: Measured, many: Measured, small_count: int, shaped: float
) -> list[str]:
    megabytes = free.bytes / 1e6
    original = fetch_compare.MANY_AT_ONCE[1], fetch_compare.COPIED[1]
    lines = [
        at_most(f"times the least possible time ({LEAST:.2f} s) at the limit", limited.requesting / LEAST, OVER_LEAST, 3),
        at_most("violations of the limit, as the API counts", limited.violations, 0, 0),
        at_most("seconds from the last answer to all rows published", limited.publishing, AFTER_LAST),
        at_least("small requests per second, the API included", small_count / many.requesting, SMALL_PER_SECOND, 0),
        at_least("MB of JSON per second of one core, made into rows", shaped, SHAPED_PER_SECOND, 1),
        at_most("MiB of memory at most", max(limited.peak_mib, free.peak_mib, many.peak_mib), PEAK, 0),
    ]
    parts = [
        "# Following an API, measured",
        "By `scripts/bench fetch`: `pghaul fetch` against the project's mock API on the same machine, into the embedded\n"
        "server. From the first request to the last answer, times are the API's own.",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        "## Goals",
        "\n".join(lines),
        f"## {REQUESTS} requests, {ROWS:,} rows",
        f"- 250 requests in any 10 s, {LATENCY} s for each: {limited.requesting:.2f} s of requests, everything in "
        f"{limited.seconds:.2f} s. The original took {original[0]} s and then {original[1]} s to load them: "
        f"{sum(original) / limited.seconds:.1f} times as long.\n"
        f"- no limit, no latency: {free.requesting:.2f} s, {megabytes:.0f} MB of JSON, {megabytes / free.requesting:.0f} MB/s "
        f"and {ROWS / free.requesting:,.0f} rows/s; the API takes a part of the two cores.\n"
        f"- memory: {limited.peak_mib:.0f} MiB at the limit, {free.peak_mib:.0f} MiB without it.",
        "## Small requests",
        f"{small_count:,} requests of one row each, 16 at once: {small_count / many.requesting:,.0f} per second, "
        f"{many.peak_mib:.0f} MiB.",
    ]
    return parts


if __name__ == "__main__":
    main()
