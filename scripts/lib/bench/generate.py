"""Measures `pghaul generate users`: files beside Python's Faker, tables beside `pghaul ingest`.

usage: generate.py PGHAUL [--quick] [--write]
"""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import command
import interrupt
import machine
import users_dump
from goals import at_least
from measure import Command, Contender, Sample, run, run_together, take_turns, with_seconds
from server import Embedded, running
from table import table

COLUMNS = ["contender", "rows", "median s", "spread s", "rows/s", "rows/processor s", "ratio", "peak MiB"]
# What a user may take in a file (bytes), and some more.
ROOM_PER_USER = 700
SOURCE = "like_source"  # the database of the table that `generate like` makes rows like
# What leaves the server as it was, for the next one.
CLEAN = (
    "SET client_min_messages = warning",
    "DROP TABLE users CASCADE",
    "DROP SCHEMA IF EXISTS pghaul CASCADE",
    "CHECKPOINT",
)

# The goals.
USERS_PER_CORE = 1_000_000  # per second
SPEED_UP = 1.8  # of two workers, on two free cores
SHARE_OF_INGEST = 0.6


# Shows how free the cores are: it has nothing in common but the machine.
CONTROL = "NDJSON to /dev/null, two commands at once"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    file_rows: int
    table_rows: int
    faker_rows: int


FULL = Size(rounds=5, file_rows=2_000_000, table_rows=1_000_000, faker_rows=20_000)
QUICK = Size(rounds=3, file_rows=1_000_000, table_rows=500_000, faker_rows=5_000)


@dataclass
class Bench:
    """What the contenders share."""

    pghaul: Path
    size: Size
    work: Path  # on a disk; the commands' current folder

    def generate(self, out: Path, workers: int, form: str = "ndjson") -> Sample:
        """Makes a file, and deletes it: what is still to be written to the disk is nobody's burden then."""
        count = ["--count", str(self.size.file_rows), "--workers", str(workers)]
        try:
            return run([self.pghaul, "generate", "users", *count, "--format", form, "--out", out], self.work)
        finally:
            if out.is_file():
                out.unlink()

    def two_commands(self) -> Sample:
        """Half of the records by each of two commands at once: all that the machine's free cores allow."""
        half = self.size.file_rows // 2
        commands: list[Command] = [
            [self.pghaul, "generate", "users", "--count", str(half), "--start", start, "--workers", "1", "--out", "/dev/null"]
            for start in ("0", str(half))
        ]
        return run_together(commands, self.work)

    def faker(self, processes: int) -> Sample:
        script = Path(__file__).with_name("faker_users.py")
        return run([sys.executable, script, str(self.size.faker_rows), str(processes), "faker.ndjson"], self.work)

    def into(self, server: Embedded, workers: int, *flags: str) -> Sample:
        count = ["--count", str(self.size.table_rows), "--workers", str(workers)]
        return self.load(server, ["generate", "users", *count, "--into", "users", *flags])

    def ingest(self, server: Embedded, workers: int) -> Sample:
        return self.load(server, ["ingest", "--config", "config.yml", "--workers", str(workers)])

    def make_source(self, server: Embedded) -> None:
        """Another database of the server, whose table `users` with its statistics is what `generate like` reads."""
        server.sql(f"CREATE DATABASE {SOURCE}")
        count = ["--count", str(self.size.table_rows // 10)]
        users = [self.pghaul, "generate", "users", *count, "--into", "users", "--flat", "--db", server.url_of(SOURCE)]
        run(users, self.work)

    def like(self, server: Embedded, workers: int) -> Sample:
        rows = ["--rows", str(self.size.table_rows), "--workers", str(workers)]
        databases = ["--from", server.url_of(SOURCE), "--into", server.url]
        return self.load(server, ["generate", "like", "users", *rows, *databases], target=[])

    def load(self, server: Embedded, arguments: list[str], target: Command | None = None) -> Sample:
        """Loads the table `users`, and drops it; the time is what the report says."""
        report = self.work / "report.json"
        target = server.target if target is None else target
        sample = run([self.pghaul, *arguments, *target, "--report", report], self.work)
        loaded = int(server.sql("SELECT count(*) FROM users"))
        if loaded != self.size.table_rows:
            sys.exit(f"error: {loaded} rows instead of {self.size.table_rows} by: pghaul {' '.join(arguments)}")
        server.sql(*CLEAN)
        return with_seconds(sample, json.loads(report.read_text())["seconds"])


def main() -> None:
    arguments = command.parse("generate")
    interrupt.end_in_order()
    size = QUICK if arguments.quick else FULL
    with command.work_folder() as work:
        text = measure(Bench(arguments.pghaul, size, work))
    command.publish({"generate.md": text}, arguments.write)


def measure(bench: Bench) -> str:
    """Measures everything; gives the page about it."""
    machine.warn_if_busy()
    facts = machine.facts()
    files = file_contenders(bench)
    take_turns(list(files.values()), bench.size.rounds)
    print("making dumps", file=sys.stderr)
    users_dump.write(bench.pghaul, bench.work, bench.size.table_rows, dumps=2)
    with running(Embedded(bench.pghaul, bench.work / "data")) as server:
        facts += [("PostgreSQL", server.sql("SHOW server_version")), ("Faker", version("Faker"))]
        bench.make_source(server)
        tables = table_contenders(bench, server)
        take_turns(list(tables.values()), bench.size.rounds)
    return page(bench.size, facts, files, tables)


def folders(bench: Bench) -> dict[str, Path]:
    """Where files are written, by the file system's name: a disk, and memory."""
    found = {machine.file_system(bench.work): bench.work}
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2 * ROOM_PER_USER * bench.size.file_rows:
        found[f"{machine.file_system(memory)} (memory)"] = memory
    return found


def file_contenders(bench: Bench) -> dict[str, Contender]:
    size = bench.size
    contenders: dict[str, Contender] = {}

    def add(name: str, out: Path, workers: int, form: str = "ndjson") -> None:
        name = f"{name}, {plural(workers, 'worker')}"
        contenders[name] = Contender(name, size.file_rows, lambda: bench.generate(out, workers, form))

    for file_system, folder in folders(bench).items():
        # A name that nobody else has taken, in a folder that is everyone's.
        out = folder / f"{bench.work.name}.out"
        for workers in (1, 2):
            add(f"NDJSON to {file_system}", out, workers)
    for workers in (1, 2):
        add("NDJSON to /dev/null", Path("/dev/null"), workers)
    contenders[CONTROL] = Contender(CONTROL, size.file_rows, bench.two_commands)
    for form in ("json", "csv"):
        add(f"{form.upper()} to {machine.file_system(bench.work)}", bench.work / "users", 2, form)
    for processes in (1, os.cpu_count() or 1):
        name = f"Faker, {plural(processes, 'process', 'processes')}"
        contenders[name] = Contender(name, size.faker_rows, lambda processes=processes: bench.faker(processes))
    return contenders


def table_contenders(bench: Bench, server: Embedded) -> dict[str, Contender]:
    runs = {
        "ingest, 2 dumps, 2 workers": lambda: bench.ingest(server, 2),
        "ingest, 2 dumps, 1 worker": lambda: bench.ingest(server, 1),
        "--into --flat, 2 workers": lambda: bench.into(server, 2, "--flat"),
        "--into --flat, 1 worker": lambda: bench.into(server, 1, "--flat"),
        "--into, nested, 2 workers": lambda: bench.into(server, 2),
        "like --into, 2 workers": lambda: bench.like(server, 2),
        "like --into, 1 worker": lambda: bench.like(server, 1),
    }
    return {name: Contender(name, bench.size.table_rows, run) for name, run in runs.items()}


def goals(files: dict[str, Contender], tables: dict[str, Contender]) -> list[str]:
    """Each goal, and whether it is met."""
    lines = []
    for name in [name for name in files if name.startswith("NDJSON") and name.endswith(", 1 worker")]:
        place = name.removesuffix(", 1 worker")
        one, two = files[name], files[f"{place}, 2 workers"]
        lines += [
            at_least(f"{place}: users per second of one worker", one.rows_per_second, USERS_PER_CORE, digits=0),
            at_least(f"{place}: users per processor second", one.rows_per_processor_second, USERS_PER_CORE, digits=0),
            at_least(f"{place}: two workers against one", one.seconds / two.seconds, SPEED_UP),
        ]
    one, two = (files[f"NDJSON to /dev/null, {workers}"] for workers in ("1 worker", "2 workers"))
    # Where the cores are not free, two workers can gain no more than two commands that know nothing of each other.
    free = one.seconds / files[CONTROL].seconds
    lines.append(f"- two commands at once against one, so many cores were free: {free:.2f}")
    lines.append(at_least("/dev/null: two workers against two commands", files[CONTROL].seconds / two.seconds, SPEED_UP / 2))
    for name in ("--into --flat", "like --into"):
        share = tables[f"{name}, 2 workers"].rows_per_second / tables["ingest, 2 dumps, 2 workers"].rows_per_second
        lines.append(at_least(f"{name} against ingest, two workers each", share, SHARE_OF_INGEST))
    return lines


def page(
    size: Size, facts: list[tuple[str, str]], files: dict[str, Contender], tables: dict[str, Contender]
) -> str:
    flag = " --quick" if size == QUICK else ""
    parts = [
        "# Generating users, measured",
        f"By `scripts/bench generate{flag}`: {size.rounds} rounds in which all take turns; medians, and the fastest and"
        "\nslowest round. The ratio is that of rows per second to the first line's. How to read this:"
        "\n[benchmarks](../benchmarks.md#generating-users).",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        "## Files\n\nWall time of the whole command.",
        table(list(files.values()), COLUMNS).strip(),
        "## Tables\n\nThe same 17 columns, into the embedded server, which runs already; seconds of the report. Processor"
        "\ntime and memory are pghaul's, without the server's.",
        table(list(tables.values()), COLUMNS).strip(),
        "## Goals",
        "\n".join(goals(files, tables)),
    ]
    return "\n\n".join(parts) + "\n"


def plural(count: int, word: str, words: str | None = None) -> str:
    return f"{count} {word if count == 1 else words or word + 's'}"


if __name__ == "__main__":
    main()
