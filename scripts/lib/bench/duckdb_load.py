"""Loads one data file into a table by DuckDB's PostgreSQL extension.

usage: duckdb_load.py URL FILE TABLE LINE_END
"""

import sys
from importlib.resources import files
from pathlib import Path

import duckdb

# Of the first version's dates; the others' are ISO's, which DuckDB reads by itself.
SQL_SERVER_DATES = "%b %d %Y %I:%M%p"
# Two of these are at work at once. Two threads each, or one process with two, took 1.4 and 1.8 times as long.
THREADS = 1


def main(url: str, path: str, table: str, line_end: str) -> None:
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute(f"LOAD '{extension()}'")
    connection.execute(f"ATTACH '{url}' AS pg (TYPE postgres)")
    types = dict(row[:2] for row in connection.execute(f"DESCRIBE pg.{table}").fetchall())
    with open(path, encoding="utf-8") as file:
        names = file.readline().rstrip().split("|")
    columns = ", ".join(f"'{name}': '{types[name]}'" for name in names)
    dates = f", timestampformat = '{SQL_SERVER_DATES}'" if table.startswith("v1_") else ""
    connection.execute(
        f"INSERT INTO pg.{table} BY NAME SELECT * FROM read_csv('{path}', auto_detect = false, header = true,"
        f" delim = '|', quote = '`', escape = '`', nullstr = 'NULL', allow_quoted_nulls = false,"
        f" new_line = '{line_end}', columns = {{{columns}}}{dates})"
    )


def extension() -> Path:
    """The file that PyPI's package of the extension brings, for exactly this DuckDB."""
    folder = Path(str(files("duckdb_extension_postgres_scanner"))) / "extensions"
    return next(folder.glob(f"v{duckdb.__version__}/*.duckdb_extension"))


if __name__ == "__main__":
    main(*sys.argv[1:])
