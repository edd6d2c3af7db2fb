"""Measures `pghaul ingest` of the same rows in other formats: CSV, bcp, MySQL's OUTFILE, and CSV in parts.

usage: formats.py PGHAUL [--quick] [--write]
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import command
import interrupt
import machine
from dataset import DataFile, Dataset
from goals import at_least
from loading import CLEAN, Way, contender, contents
from measure import Contender, run_together, take_turns
from server import Embedded, running
from table import table

TABLES = "users,user_assigned_courses"
DUMP = "crm_v1.zip"
COLUMNS = ["contender", "rows", "median s", "spread s", "rows/s", "MB/s", "ratio", "peak MiB"]
WORKERS = 2
PARTS = 8
# A byte of them costs as much as one of CSV; this much is noise.
GOAL = 0.95

Row = list[str | None]


@dataclass(frozen=True)
class Size:
    """How much is measured. Rows are those of one data file."""

    rounds: int
    rows: int


FULL = Size(rounds=5, rows=2_000_000)
QUICK = Size(rounds=3, rows=100_000)


@dataclass(frozen=True)
class Form:
    """A way to write rows."""

    name: str
    dialect: dict[str, object]
    line: Callable[[Row], str]
    header: bool = False
    parts: int = 1


def csv_line(row: Row) -> str:
    return ",".join("" if value is None else csv_value(value) for value in row) + "\n"


def csv_value(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if not value or any(each in value for each in '",\r\n') else value


def bcp_line(row: Row) -> str:
    return "\t".join("" if value is None else value or "\0" for value in row) + "\r\n"


def outfile_line(row: Row) -> str:
    return "\t".join("\\N" if value is None else value.translate(ESCAPED) for value in row) + "\n"


ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\\t", "\n": "\\\n", "\0": "\\0"})

FORMS = [
    Form("CSV", {"format": "csv"}, csv_line, header=True),
    Form("bcp", {"format": "bcp"}, bcp_line),
    Form("OUTFILE", {"format": "outfile"}, outfile_line),
    Form(f"CSV in {PARTS} parts", {"format": "csv", "data_files": "{table}_{part}"}, csv_line, header=True, parts=PARTS),
]


def main() -> None:
    arguments = command.parse("formats")
    interrupt.end_in_order()
    size = QUICK if arguments.quick else FULL
    with command.work_folder() as work:
        machine.warn_if_busy()
        facts = machine.facts()
        print("writing the dumps", file=sys.stderr)
        datasets = make(arguments.pghaul, work, size.rows)
        with running(Embedded(arguments.pghaul, work / "embedded")) as server:
            ways = [way(arguments.pghaul, server, form, data) for form, data in zip(FORMS, datasets)]
            # What CSV comes to, all must come to.
            run_together(ways[0].commands, work)
            expected = contents(server, datasets[0])
            for data in datasets:
                data.expected = expected
            server.sql(*CLEAN)
            contenders = [contender(each, work) for each in ways]
            take_turns(contenders, size.rounds)
    command.publish({"formats.md": page(contenders, facts, size, arguments.quick)}, arguments.write)


def make(pghaul: Path, work: Path, rows: int) -> list[Dataset]:
    """The dumps, each in a folder of its own."""
    source = Dataset("source", "v1", TABLES, rows)
    source.make(pghaul, work)
    datasets = []
    for number, form in enumerate(FORMS):
        data = Dataset(f"form{number}", "v1", TABLES, rows)
        (work / data.name).mkdir()
        dialect = {"match": "*", "types": "mssql", "encoding": "utf-8", **form.dialect}
        (work / f"{data.name}.yml").write_text(json.dumps({"xport_cfg": {"dialects": [dialect]}}))
        with ZipFile(work / data.name / DUMP, "w", ZIP_DEFLATED, compresslevel=1) as dump:
            for file in source.files:
                data.files.append(write(form, file, rows, work, dump))
        datasets.append(data)
    return datasets


def write(form: Form, file: DataFile, rows: int, work: Path, dump: ZipFile) -> DataFile:
    """Writes a data file, or its parts, and its descriptor."""
    stem = Path(file.member).stem
    with ZipFile(work / file.dump) as source:
        columns = {each["column_name"]: each for each in json.loads(source.read(f"{file.member.removesuffix('.dat')}.json"))}
        # Without a header line, the descriptor's order is that of the data.
        dump.writestr(f"{stem}.json", json.dumps([columns[name] for name in file.columns]))
        size, read = 0, rows_of(source, file)
        for part in range(form.parts):
            name = stem if form.parts == 1 else f"{stem}_{part}"
            with dump.open(f"{name}.dat", "w", force_zip64=True) as out:
                if form.header:
                    size += out.write(form.line(list(file.columns)).encode())
                for _ in range(part * rows // form.parts, (part + 1) * rows // form.parts):
                    size += out.write(form.line(next(read)).encode())
    return DataFile(Path(file.dump), file.member, file.table, file.columns, "\n", size)


def rows_of(source: ZipFile, file: DataFile) -> Iterator[Row]:
    """The rows, without what bcp cannot write: tabs, line ends, and the quote that tells the text NULL from no value."""
    unwritable = str.maketrans("\t\r\n\0", "    ")
    with source.open(file.member) as data:
        text = io.TextIOWrapper(data, "latin-1", newline="")
        for row in csv.reader(text, delimiter="|", quotechar="`"):
            if row != list(file.columns):
                yield [None if value == "NULL" else value.translate(unwritable) for value in row]


def way(pghaul: Path, server: Embedded, form: Form, data: Dataset) -> Way:
    load = [pghaul, "ingest", data.name, "--config", f"{data.name}.yml", *server.target, "--workers", str(WORKERS)]
    return Way(form.name, server, data, [load])


def page(contenders: list[Contender], facts: list[tuple[str, str]], size: Size, quick: bool) -> str:
    first, *others = contenders
    flag = " --quick" if quick else ""
    return "\n\n".join(
        [
            "# Formats, measured",
            f"By `scripts/bench formats{flag}`: {size.rounds} rounds in which all take turns, {WORKERS} workers, the embedded"
            "\nserver; medians, and the fastest and slowest round. All dumps hold the same rows, and what is loaded is compared. The"
            "\nratio is that of rows per second to CSV.",
            "\n".join(f"- {name}: {value}" for name, value in facts),
            table(contenders, COLUMNS).strip(),
            "## Goals",
            "\n".join(
                at_least(f"{each.name}: bytes per second, to those of CSV", each.megabytes_per_second / first.megabytes_per_second, GOAL)
                for each in others
            ),
        ]
    ) + "\n"


if __name__ == "__main__":
    main()
