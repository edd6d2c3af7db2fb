"""PostgreSQL's own programs on this machine, found in the same places and order as by pghaul."""

import os
import shutil
import sys
from pathlib import Path


def postgres_program(name: str) -> Path:
    """One of the server's programs, or psql: Debian's psql in PATH is a Perl script around the real one."""
    found = _folder() / name
    if found.is_file():
        return found
    in_path = shutil.which(name)
    if not in_path:
        sys.exit(f"error: no {name} beside PostgreSQL's other programs nor in PATH; apt-get install postgresql-client")
    return Path(in_path)


def _folder() -> Path:
    given = os.environ.get("PGHAUL_PG_BIN")
    if given:
        return Path(given)
    initdb = shutil.which("initdb")
    if initdb:
        # A link in PATH leads to the folder that has the other programs too.
        return Path(initdb).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    complete = [folder for folder in folders if (folder / "initdb").is_file() and (folder / "postgres").is_file()]
    if not complete:
        sys.exit("error: no PostgreSQL on this machine; apt-get install postgresql")
    return max(complete, key=lambda folder: float(folder.parent.name))
