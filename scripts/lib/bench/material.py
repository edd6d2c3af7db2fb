"""The data sets of `scripts/bench ingest`, in every form that a contender reads, and what must come of them."""

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import peers
from dataset import Dataset
from loading import CLEAN, contents, make_shapes
from measure import run_together
from plain_server import PlainServer
from server import Embedded

VERSIONS = "v1,v2"
TABLES = "users,user_assigned_courses"
MIB, GIB = 1 << 20, 1 << 30
# Bytes on the disk for a row: in a zip file, as text twice, in binary, in a table; and some more.
ROOM_PER_ROW = 700
# What the servers keep of their WAL: some segments always, and not much more than max_wal_size.
WAL_PER_ROW, WAL_LEAST, WAL_MOST = 500, 512 * MIB, 9 * GIB


@dataclass(frozen=True)
class Material:
    """The data sets."""

    main: Dataset
    few: Dataset  # the first rows of the same, for pgloader
    large: Dataset  # one data file

    @staticmethod
    def make(pghaul: Path, work: Path, rows: int, few_rows: int, large_rows: int) -> "Material":
        """Makes the dumps; the numbers are rows of one data file."""
        material = Material(
            Dataset("dumps", VERSIONS, TABLES, rows),
            Dataset("few", VERSIONS, TABLES, few_rows),
            Dataset("large", "v1", "user_assigned_courses", large_rows),
        )
        need_room(work, 4 * rows + large_rows)
        for data in material.all:
            data.make(pghaul, work)
        return material

    @property
    def all(self) -> list[Dataset]:
        return [self.main, self.few, self.large]

    def prepare(self, pghaul: Path, plain: PlainServer, embedded: Embedded, work: Path) -> float:
        """Writes the other forms. What PostgreSQL's own COPY makes of the text is what everyone must come to.

        Gives the seconds that ANALYZE of the main tables takes, which pghaul does and the others do not.
        """
        analyze = 0.0
        for data in self.all:
            for server in (plain, embedded):
                make_shapes(server, data, pghaul, work)
            data.extract(work, utf8=data is self.main)
            reference = peers.limit_a(plain, data, work)
            run_together(reference.commands, work, reference.at_once)
            data.expected = contents(plain, data)
            for table, expected in data.expected.items():
                if not expected.startswith(f"{data.rows_per_file}|"):
                    sys.exit(f"error: PostgreSQL finds {expected} (rows, digest) in {table} of {data.name}")
            if data is self.main:
                started = time.perf_counter()
                plain.sql(*(f"ANALYZE {table}" for table in data.expected))
                analyze = time.perf_counter() - started
                data.write_binary(plain, work)
            if data is self.few:
                data.write_csv(plain, work)
            if data is not self.main:
                for file in data.files:
                    (work / file.text).unlink()
            plain.sql(*CLEAN)
        # What is still to be written to the disk is nobody's burden then.
        os.sync()
        return analyze


def need_room(work: Path, rows: int) -> None:
    """Ends the benchmark before it fills the disk."""
    needed = ROOM_PER_ROW * rows + min(max(WAL_PER_ROW * rows, WAL_LEAST), WAL_MOST)
    free = shutil.disk_usage(work).free
    if free < needed:
        sys.exit(
            f"error: {work.parent} has {free / GIB:.1f} GiB free, {(needed - free) / GIB:.1f} GiB too little;"
            " make room, or name another folder by TMPDIR"
        )
