"""pghaul's embedded server, in a folder of its own, for as long as it is measured."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Server:
    """A server that runs."""

    def __init__(self, pghaul: Path, data: Path) -> None:
        self.data = data
        self._db: list[str | Path] = [pghaul, "db", "--data-dir", data]

    def sql(self, statements: str) -> str:
        """Runs statements; gives their rows, a line each."""
        psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statements]
        done = subprocess.run([*self._db, *psql], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def start(self) -> None:
        subprocess.run([*self._db, "start"], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        subprocess.run([*self._db, "stop", "--force"], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(pghaul: Path, data: Path) -> Iterator[Server]:
    """Starts a server, and stops it however the work with it ends."""
    server = Server(pghaul, data)
    try:
        server.start()
        yield server
    finally:
        server.stop()
