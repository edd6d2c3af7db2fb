"""A server with PostgreSQL's defaults but for two sizes: what most users load into."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

from measure import Command
from programs import postgres_program
from server import Server

# Without TCP: PostgreSQL's own socket is what all contenders use.
SETTINGS = {"shared_buffers": "'1GB'", "max_wal_size": "'8GB'"}
SUPERUSER = "postgres"
DATABASE = "postgres"
PORT = 5432


class PlainServer(Server):
    """A new cluster in a folder, where the socket is too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"postgresql:///{DATABASE}?host={folder}&port={PORT}&user={SUPERUSER}"
        self.target = ["--db", self.url]
        # In pgloader's own spelling.
        self.pgloader_url = f"postgresql://{SUPERUSER}@unix:{folder}:{PORT}/{DATABASE}"
        self._user = account()

    def start(self) -> None:
        self.folder.mkdir(mode=0o700)
        give(self.folder)
        self._run("initdb", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata=data")
        private = {"listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'", "port": str(PORT)}
        with open(self.folder / "data/postgresql.conf", "a") as configuration:
            configuration.writelines(f"{name} = {value}\n" for name, value in (private | SETTINGS).items())
        self._run("pg_ctl", "--pgdata=data", "--log=server.log", "--wait", "--silent", "start")

    def stop(self) -> None:
        """At once: the cluster is not needed any more."""
        if (self.folder / "data/postmaster.pid").exists():
            self._run("pg_ctl", "--pgdata=data", "--mode=immediate", "--wait", "--silent", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file: the server inherits it, and a pipe would stay open as long as the server runs. Ctrl-C is for
        # us alone, who stop the server then.
        log = self.folder / "commands.log"
        with open(log, "ab") as output:
            command: Command = [postgres_program(program), *arguments]
            ended = subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment(),
                start_new_session=True, **self._user,
            )
        if ended.returncode != 0:
            sys.exit(f"error: {program} ended with {ended.returncode}\n{log.read_text(errors='replace')}")


def environment() -> dict[str, str]:
    """Ours, without the variables that would tell PostgreSQL's programs something else."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def account() -> dict[str, Any]:
    """Whom a server runs as, in `subprocess`'s words: us, or, since PostgreSQL refuses root, someone with no rights."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    sys.exit("error: root needs a user postgres or nobody for the server; useradd --system postgres")


def give(folder: Path) -> None:
    """Makes a folder the server's, for what the server itself writes."""
    user = account()
    if user:
        os.chown(folder, user["user"], user["group"])
