"""Measures `pghaul ingest` beside what PostgreSQL itself and other loaders do with the same rows.

usage: ingest.py PGHAUL [--quick] [--write]
"""

import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import command
import ingest_chart
import ingest_page
import interrupt
import machine
import peers
from control import Control
from ingest_page import EMBEDDED, LOGGED, ONE_FILE_EMBEDDED, ONE_FILE_LOGGED, Measured
from loading import Way, contender
from material import Material
from measure import Command, take_turns
from plain_server import PlainServer
from programs import postgres_program
from server import Embedded, Server, running

WORKERS = (1, 2, 4)
# The settings that the two servers differ in, or that decide how fast they load.
SETTINGS = (
    "wal_level", "max_wal_size", "shared_buffers", "checkpoint_timeout", "fsync", "full_page_writes", "data_checksums",
)


@dataclass(frozen=True)
class Size:
    """How much is measured. Rows are those of one data file."""

    rounds: int
    rows: int
    few_rows: int  # for pgloader
    large_rows: int  # of the one file
    unlogged: tuple[int, ...]  # workers
    embedded: tuple[int, ...]  # workers
    control_rows: int


FULL = Size(
    rounds=5,
    rows=3_000_000,
    few_rows=150_000,
    large_rows=6_000_000,
    unlogged=WORKERS,
    embedded=WORKERS,
    control_rows=4_000_000,
)
# The one file must have more than 64 MiB, or pghaul would not share it among its workers.
QUICK = Size(
    rounds=3,
    rows=300_000,
    few_rows=20_000,
    large_rows=750_000,
    unlogged=(2,),
    embedded=(2, 4),
    control_rows=1_000_000,
)


def main() -> None:
    arguments = command.parse("ingest")
    interrupt.end_in_order()
    with command.work_folder() as work:
        measured = measure(arguments.pghaul, QUICK if arguments.quick else FULL, work)
    text = ingest_page.page(measured, arguments.quick)
    command.publish({"ingest.md": text, "ingest.svg": ingest_chart.svg(measured)}, arguments.write)


def measure(pghaul: Path, size: Size, work: Path) -> Measured:
    machine.warn_if_busy()
    facts = machine.facts()
    print("making dumps, and what the others read", file=sys.stderr)
    material = Material.make(pghaul, work, size.rows, size.few_rows, size.large_rows)
    with running(PlainServer(work / "plain")) as plain, running(Embedded(pghaul, work / "embedded")) as embedded:
        analyze = material.prepare(pghaul, plain, embedded, work)
        ways = all_ways(pghaul, size, material, plain, embedded, work)
        contenders = {group: [contender(way, work) for way in each] for group, each in ways.items()}
        control = Control(pghaul, size.control_rows, work)
        take_turns([*control.contenders, *sum(contenders.values(), [])], size.rounds)
        shown = Shown(pghaul, work)
        return Measured(
            size.rounds,
            facts + versions(plain),
            contenders,
            control.free_cores,
            analyze,
            [shown.command(data.command(pghaul)) for data in material.all],
            [(way.name, shown.way(way)) for group in (LOGGED, EMBEDDED) for way in ways[group]],
            {name: settings(server) for name, server in ((LOGGED, plain), (EMBEDDED, embedded))},
        )


def all_ways(
    pghaul: Path, size: Size, material: Material, plain: PlainServer, embedded: Embedded, work: Path
) -> dict[str, list[Way]]:
    """What is measured, by the page's tables; each is compared with its first line."""

    def ours(server: Server, workers: tuple[int, ...], *flags: str) -> list[Way]:
        return [peers.pghaul(pghaul, server, material.main, each, *flags) for each in workers]

    def one_file(server: Server) -> list[Way]:
        return [peers.pghaul(pghaul, server, material.large, workers) for workers in (1, 4)]

    def limits(server: Server) -> list[Way]:
        return [peers.limit_a(server, material.main, work), peers.limit_b(server, material.main, work)]

    others = [
        peers.unzip_psql(plain, material.main),
        peers.duckdb(plain, material.main),
        peers.pgloader(plain, material.few, work),
    ]
    return {
        LOGGED: [*limits(plain), *ours(plain, WORKERS), *ours(plain, size.unlogged, "--unlogged"), *others],
        EMBEDDED: [*limits(embedded), *ours(embedded, size.embedded)],
        ONE_FILE_LOGGED: one_file(plain),
        ONE_FILE_EMBEDDED: one_file(embedded),
    }


def versions(server: Server) -> list[tuple[str, str]]:
    return [
        ("PostgreSQL", server.sql("SHOW server_version")),
        ("DuckDB and its extension", f"{version('duckdb')}, {version('duckdb-extension-postgres-scanner')}"),
        ("pgloader", machine.output("dpkg-query", "--showformat", "${Version}", "--show", "pgloader")),
        ("unzip", machine.output("dpkg-query", "--showformat", "${Version}", "--show", "unzip")),
    ]


def settings(server: Server) -> dict[str, str]:
    return {name: server.sql(f"SHOW {name}") for name in SETTINGS}


@dataclass(frozen=True)
class Shown:
    """Commands as a reader takes them: run in the work folder, with names for what differs from run to run."""

    pghaul: Path
    work: Path

    def way(self, way: Way) -> str:
        first = self.command(way.commands[0], way.server.url)
        if len(way.commands) == 1:
            return first
        return f"{first}    # and so on for {len(way.commands)} data files, {way.at_once} at once"

    def command(self, command: Command, url: str = "$URL") -> str:
        names = {
            url: "$URL",
            str(self.pghaul): "pghaul",
            str(postgres_program("psql")): "psql",
            sys.executable: "python",
            str(Path(__file__).parent): "scripts/lib/bench",
            str(self.work): "$WORK",
        }
        # A shell's last argument is what it runs.
        text = str(command[-1]) if command[0] == "bash" else peers.shown(command)
        for found, name in names.items():
            text = text.replace(peers.quoted(found), name).replace(found, name)
        return text


if __name__ == "__main__":
    main()
