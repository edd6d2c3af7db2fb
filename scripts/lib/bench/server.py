"""Servers, each in a folder of its own, for as long as they are measured."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import interrupt
from measure import Command
from programs import postgres_program

# Quiet, without anyone's settings, and ended by the first error.
PSQL_FLAGS = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]


class Server:
    """A server that runs."""

    url: str  # for libpq, once it runs
    target: Command  # the flags by which pghaul loads into it

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def sql(self, *statements: str) -> str:
        """Runs statements, each of them alone; gives their rows, a line each, with fields between "|"."""
        command: Command = [postgres_program("psql"), *PSQL_FLAGS, "--no-align", "--tuples-only", self.url]
        command += [f"--command={statement}" for statement in statements]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def url_of(self, database: str) -> str:
        """The URL of another database of the server."""
        place, _, parameters = self.url.partition("?")
        return f"{place.rpartition('/')[0]}/{database}?{parameters}"


class Embedded(Server):
    """pghaul's own embedded server."""

    def __init__(self, pghaul: Path, data: Path) -> None:
        self.data = data
        self._pghaul = pghaul

    def start(self) -> None:
        self._db("start")
        self.url = self._db("url")
        # A configuration in another folder would have another database of the server.
        self.target = ["--db", self.url]

    def stop(self) -> None:
        if self.data.exists():
            self._db("stop", "--force")

    def _db(self, *words: str) -> str:
        # Ctrl-C is for us alone, who stop the server then.
        command: Command = [self._pghaul, "db", "--data-dir", self.data, *words]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, start_new_session=True)
        return done.stdout.strip()


S = TypeVar("S", bound=Server)


@contextmanager
def running(server: S) -> Iterator[S]:
    """Starts a server, and stops it however the work with it ends."""
    try:
        with interrupt.put_off():
            server.start()
        yield server
    finally:
        server.stop()
