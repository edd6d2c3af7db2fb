"""Loading: a way to load is run, what it has loaded is checked, and the server is cleaned for the next one."""

import sys
from dataclasses import dataclass
from pathlib import Path

from dataset import Dataset
from measure import Command, Contender, Sample, run_together, without_memory
from server import Server

# Everything is in public but pghaul's ledger, and the shapes, which stay.
CLEAN = (
    "SET client_min_messages = warning",
    "DROP SCHEMA IF EXISTS pghaul CASCADE",
    "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA public",
    "CHECKPOINT",
)
# One row in so many is compared as a whole; counting shows the others.
SAMPLE = 101


@dataclass(frozen=True)
class Way:
    """A way to load a data set into a server that runs."""

    name: str
    server: Server
    data: Dataset
    commands: list[Command]
    at_once: int = 1
    tables_first: bool = False  # the empty version tables are made before
    own_memory: bool = True  # of the commands that are run: what they take to load


def contender(way: Way, work: Path) -> Contender:
    return Contender(way.name, way.data.rows, lambda: load(way, work), way.data.bytes)


def load(way: Way, work: Path) -> Sample:
    """The wall time is that from the start of the first command to the end of the last."""
    if way.tables_first:
        way.server.sql(*(create_table(way.data, file.table) for file in way.data.files))
    sample = run_together(way.commands, work, way.at_once)
    found = contents(way.server, way.data)
    if found != way.data.expected:
        differences = "\n".join(
            f"{table}: {found[table]} instead of {wanted} (rows, digest)"
            for table, wanted in way.data.expected.items()
            if found[table] != wanted
        )
        sys.exit(f"error: {way.name}: what was loaded is not what is in the data files\n{differences}")
    way.server.sql(*CLEAN)
    return sample if way.own_memory else without_memory(sample)


def make_shapes(server: Server, data: Dataset, pghaul: Path, work: Path) -> None:
    """Makes tables as pghaul makes them, without rows, to make others like them."""
    empty = data.empty
    empty.make(pghaul, work)
    run_together([[pghaul, "ingest", empty.name, *server.target]], work)
    shapes = (f"CREATE TABLE {shape(data, file.table)} (LIKE {file.table})" for file in empty.files)
    server.sql(f"CREATE SCHEMA shape_{data.name}", *shapes, *CLEAN)


def shape(data: Dataset, table: str) -> str:
    return f"shape_{data.name}.{table}"


def create_table(data: Dataset, table: str) -> str:
    return f"CREATE TABLE {table} (LIKE {shape(data, table)})"


def contents(server: Server, data: Dataset) -> dict[str, str]:
    """For each version table how many rows it has, and a digest of some of them, which no order changes."""
    tables = [file.table for file in data.files]
    digest = f"count(*), sum(hashtextextended(t::text, 0)) FILTER (WHERE user_id % {SAMPLE} = 0)"
    lines = server.sql(*(f"SELECT {digest} FROM {table} AS t" for table in tables)).splitlines()
    return dict(zip(tables, lines))
