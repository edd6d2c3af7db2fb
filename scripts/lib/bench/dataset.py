"""Dumps to load, and the same rows in the forms that other loaders read."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import plain_server
from measure import Command
from server import Server

CHUNK = 1 << 20  # bytes
# What no text in the dumps is; `\\N` and `NULL` are.
NULL = "~null~"


@dataclass(frozen=True)
class DataFile:
    """One data file. Paths are relative to the work folder."""

    dump: Path
    member: str
    table: str  # the version table
    columns: tuple[str, ...]  # of the header
    line_end: str
    size: int  # bytes, inflated

    @property
    def text(self) -> Path:
        """What is in the dump: PostgreSQL's CSV in Latin-1, with the header."""
        return Path("text") / self._name("dat")

    @property
    def utf8(self) -> Path:
        """The same in UTF-8, for DuckDB: of Latin-1 it refuses the characters 0x80 to 0x9F."""
        return Path("utf8") / self._name("dat")

    @property
    def binary(self) -> Path:
        """The rows in COPY's binary format, by the server."""
        return Path("binary") / self._name("bin")

    @property
    def csv(self) -> Path:
        """The rows as the server writes them, in UTF-8, for pgloader: it refuses quotes inside a field without quotes."""
        return Path("csv") / self._name("csv")

    def _name(self, extension: str) -> str:
        return f"{self.dump.parent.name}-{self.table}.{extension}"


@dataclass
class Dataset:
    """Dumps with as many rows in each data file."""

    name: str  # of its folder
    versions: str
    tables: str
    rows_per_file: int

    def __post_init__(self) -> None:
        self.files: list[DataFile] = []  # the largest first, once they are made
        self.expected: dict[str, str] = {}  # what each version table holds when all is loaded

    @property
    def rows(self) -> int:
        return self.rows_per_file * len(self.files)

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def empty(self) -> "Dataset":
        """The same dumps without rows."""
        return Dataset(f"{self.name}_empty", self.versions, self.tables, 0)

    def command(self, pghaul: Path) -> Command:
        shape = ["--versions", self.versions, "--rows", str(self.rows_per_file), "--tables", self.tables]
        return [pghaul, "generate", "dump", *shape, "--seed", "0", "--out", self.name]

    def make(self, pghaul: Path, work: Path) -> None:
        subprocess.run([*self.command(pghaul), "--quiet"], cwd=work, check=True, stdout=subprocess.DEVNULL)
        for path in sorted((work / self.name).glob("*.zip")):
            version = path.stem.rpartition("_")[2]
            with ZipFile(path) as dump:
                for member in dump.infolist():
                    if member.filename.endswith(".dat"):
                        with dump.open(member) as data:
                            header = data.readline().decode("latin-1")
                        columns = header.rstrip("\r\n")
                        table = f"{version}_{Path(member.filename).stem}"
                        line_end, names = header[len(columns) :], tuple(columns.split("|"))
                        relative = path.relative_to(work)
                        self.files.append(DataFile(relative, member.filename, table, names, line_end, member.file_size))
        self.files.sort(key=lambda file: file.size, reverse=True)

    def extract(self, work: Path, utf8: bool) -> None:
        """Writes the data files as text, and on demand in UTF-8 too."""

        def one(file: DataFile) -> None:
            (work / file.text).parent.mkdir(exist_ok=True)
            with ZipFile(work / file.dump) as dump, dump.open(file.member) as data, open(work / file.text, "wb") as out:
                shutil.copyfileobj(data, out, CHUNK)
            if utf8:
                (work / file.utf8).parent.mkdir(exist_ok=True)
                with open(work / file.text, "rb") as text, open(work / file.utf8, "wb") as out:
                    while chunk := text.read(CHUNK):
                        out.write(chunk.decode("latin-1").encode())

        with ThreadPoolExecutor() as threads:
            list(threads.map(one, self.files))

    def write_binary(self, server: Server, work: Path) -> None:
        """From the tables, which must be there."""
        self._write(server, [work / file.binary for file in self.files], "FORMAT binary")

    def write_csv(self, server: Server, work: Path) -> None:
        # An empty text in quotes, since pgloader takes one without them for NULL.
        self._write(server, [work / file.csv for file in self.files], f"FORMAT csv, HEADER, NULL '{NULL}', FORCE_QUOTE *")

    def _write(self, server: Server, paths: list[Path], options: str) -> None:
        for file, path in zip(self.files, paths):
            if not path.parent.exists():
                path.parent.mkdir()
                plain_server.give(path.parent)
            server.sql(f"COPY {file.table} TO '{path}' ({options})")
