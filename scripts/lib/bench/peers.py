"""What pghaul is measured against: for each peer the commands that load a data set, by its fastest settings."""

import shlex
import sys
from pathlib import Path

from dataset import NULL, DataFile, Dataset
from loading import Way, create_table
from measure import Command
from plain_server import PlainServer
from programs import postgres_program
from server import PSQL_FLAGS, Server

# Processes, as many as pghaul has workers in the comparison.
AT_ONCE = 2
# COPY's words for the data files. (E'\\x60' is the backtick, which a shell would take for its own.)
TEXT = r"FORMAT csv, HEADER, DELIMITER '|', QUOTE E'\x60', NULL 'NULL', ENCODING 'LATIN1'"


def pghaul(program: Path, server: Server, data: Dataset, workers: int, *flags: str) -> Way:
    command: Command = [program, "ingest", data.name, *server.target, "--workers", str(workers), *flags]
    name = " ".join(["pghaul", *flags])
    return Way(f"{name}, {workers} {'worker' if workers == 1 else 'workers'}", server, data, [command])


def limit_a(server: Server, data: Dataset, work: Path) -> Way:
    """The server reads the extracted files from its own disk."""
    commands = [_frozen(server, data, file, work / file.text, TEXT, file.columns) for file in data.files]
    return Way("limit A: server-side COPY of the CSV, 2 at once", server, data, commands, AT_ONCE, own_memory=False)


def limit_b(server: Server, data: Dataset, work: Path) -> Way:
    """The server reads files that it need not parse."""
    commands = [_frozen(server, data, file, work / file.binary, "FORMAT binary") for file in data.files]
    return Way("limit B: server-side COPY of binary files, 2 at once", server, data, commands, AT_ONCE, own_memory=False)


def _frozen(
    server: Server, data: Dataset, file: DataFile, path: Path, options: str, columns: tuple[str, ...] = ()
) -> Command:
    """A table of the same transaction: without WAL where the server's settings allow it. Freezing costs nothing."""
    copy = f"COPY {_with(file.table, columns)} FROM '{path}' ({options}, FREEZE)"
    return _psql(server, "BEGIN", create_table(data, file.table), copy, "COMMIT")


def unzip_psql(server: Server, data: Dataset) -> Way:
    commands: list[Command] = []
    for file in data.files:
        psql = _psql(server, f"COPY {_with(file.table, file.columns)} FROM STDIN ({TEXT})")
        pipe = f"{shown(['unzip', '-p', file.dump, file.member])} | {shown(psql)}"
        commands.append(["bash", "-o", "pipefail", "-c", pipe])
    name = "unzip -p | psql COPY, 2 at once"
    return Way(name, server, data, commands, AT_ONCE, tables_first=True, own_memory=False)


def duckdb(server: Server, data: Dataset) -> Way:
    script = Path(__file__).with_name("duckdb_load.py")
    commands: list[Command] = [
        [sys.executable, script, server.url, file.utf8, file.table, file.line_end.encode("unicode_escape").decode()]
        for file in data.files
    ]
    return Way("DuckDB, 2 processes at once", server, data, commands, AT_ONCE, tables_first=True)


def pgloader(server: PlainServer, data: Dataset, work: Path) -> Way:
    """Writes a command file for each data file, which is how pgloader is told about them.

    Larger batches or more workers did not make it faster, nor did a file with fewer quotes.
    """
    folder = work / "pgloader"
    folder.mkdir(exist_ok=True)
    commands: list[Command] = []
    for file in data.files:
        # The columns are in the file as they are in the table.
        fields = ", ".join(f"{name} [null if '{NULL}']" for name in server.sql(_columns(data, file)).splitlines())
        path = folder / f"{file.table}.load"
        path.write_text(
            f"LOAD CSV FROM '{work / file.csv}'\n"
            f"HAVING FIELDS ({fields})\n"
            f"INTO {server.pgloader_url} TARGET TABLE public.{file.table}\n"
            "WITH skip header = 1, fields terminated by ',', fields optionally enclosed by '\"',\n"
            "  fields escaped by double-quote;\n"
        )
        commands.append(["pgloader", "--root-dir", "pgloader", path.relative_to(work)])
    return Way("pgloader, 2 processes at once", server, data, commands, AT_ONCE, tables_first=True)


def _with(table: str, columns: tuple[str, ...]) -> str:
    return f"{table} ({', '.join(columns)})" if columns else table


def _columns(data: Dataset, file: DataFile) -> str:
    return (
        "SELECT attname FROM pg_attribute WHERE attnum > 0"
        f" AND attrelid = 'shape_{data.name}.{file.table}'::regclass ORDER BY attnum"
    )


def _psql(server: Server, *statements: str) -> Command:
    return [postgres_program("psql"), *PSQL_FLAGS, *(f"--command={each}" for each in statements), server.url]


def shown(command: Command) -> str:
    """A command as a shell takes it."""
    return " ".join(quoted(str(word)) for word in command)


def quoted(word: str) -> str:
    """In double quotes where that is easier to read than shlex's single ones."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`!') else shlex.quote(word)
