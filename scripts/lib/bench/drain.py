"""Measures `pghaul drain`: a hash of users into a logged table, beside a Python loop of HSCAN and execute_values.

usage: drain.py PGHAUL [--quick] [--write]
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import command
import interrupt
import machine
from goals import at_least, at_most
from measure import Contender, Sample, run, take_turns
from plain_server import PlainServer
from server import running
from table import table

ROWS, PEER_ROWS, ROUNDS = 2_000_000, 1_000_000, 5
QUICK_ROWS, QUICK_PEER_ROWS, QUICK_ROUNDS = 500_000, 250_000, 3
REPLICA = "sample_us_users"
# Where the rows of each round are copied from.
FULL, FULL_OF_PEER = "full", "full_of_peer"

# The goals.
ROWS_PER_SECOND = 300_000
PEAK = 128.0  # MiB
TIMES_PEER = 8.0


class Redis:
    """A server in a folder, by its socket alone."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self._folder = folder

    def start(self) -> None:
        self._folder.mkdir()
        settings = ["--port", "0", "--unixsocket", self.socket, "--dir", self._folder, "--save", ""]
        with open(self._folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["redis-server", *settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(200):
            if self.ask("PING", check=False) == "PONG":
                return
            time.sleep(0.05)
        sys.exit(f"error: Redis does not start\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def ask(self, *words: str | Path, check: bool = True) -> str:
        line: list[str | Path] = ["redis-cli", "-s", self.socket, *words]
        return subprocess.run(line, check=check, capture_output=True, text=True).stdout.strip()


@contextmanager
def running_redis(redis: Redis) -> Iterator[Redis]:
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()


@dataclass
class Bench:
    pghaul: Path
    work: Path
    server: PlainServer
    redis: Redis

    def fill(self, key: str, rows: int) -> None:
        # A script must not keep Redis from everything else for long.
        print(f"filling Redis with {rows:,} users", file=sys.stderr)
        self.redis.ask("--eval", Path("fixtures/drain/users.lua"), REPLICA, ",", str(rows))
        self.redis.ask("RENAME", REPLICA, key)

    def drain(self, before: str) -> Sample:
        self.server.sql(before, "CHECKPOINT")
        self.redis.ask("COPY", FULL, REPLICA)
        return run([self.pghaul, "drain", "users", *self.server.target], self.work)

    def configure(self, into: str) -> None:
        (self.work / "config.yml").write_text(
            f"drain:\n  users:\n    from: 'unix://{self.redis.socket}'\n    replica: {REPLICA}\n"
            f"    into: {{table: {REPLICA}, {into}}}\n"
        )

    def drained(self, into: str, before: str) -> Sample:
        self.configure(into)
        sample = self.drain(before)
        left = self.redis.ask("EXISTS", REPLICA)
        if left != "0":
            sys.exit("error: the replica is not drained")
        return sample

    def peer(self) -> Sample:
        self.server.sql("CHECKPOINT")
        self.redis.ask("COPY", FULL_OF_PEER, REPLICA)
        script = Path(__file__).with_name("drain_peer.py")
        return run([sys.executable, script, self.redis.socket, REPLICA, self.server.url], self.work)


def main() -> None:
    arguments = command.parse("drain")
    interrupt.end_in_order()
    machine.warn_if_busy()
    facts = machine.facts()
    rows, peer_rows, rounds = (
        (QUICK_ROWS, QUICK_PEER_ROWS, QUICK_ROUNDS) if arguments.quick else (ROWS, PEER_ROWS, ROUNDS)
    )
    with command.work_folder() as work:
        with running(PlainServer(work / "server")) as server, running_redis(Redis(work / "redis")) as redis:
            facts.append(("PostgreSQL", server.sql("SHOW server_version")))
            facts.append(("Redis", redis.ask("INFO", "server").split("redis_version:")[1].split()[0]))
            bench = Bench(arguments.pghaul, work, server, redis)
            bench.fill(FULL_OF_PEER, peer_rows)
            bench.fill(FULL, rows)
            text = measure(bench, facts, rows, peer_rows, rounds)
    command.publish({"drain.md": text}, arguments.write)


def measure(bench: Bench, facts: list[tuple[str, str]], rows: int, peer_rows: int, rounds: int) -> str:
    new = f"DROP TABLE IF EXISTS {REPLICA}"
    there = (
        f"DROP TABLE IF EXISTS {REPLICA}; CREATE TABLE {REPLICA} (id text, address jsonb, inserted_at timestamp)"
    )
    first = Contender("append, a new table", rows, lambda: bench.drained("mode: append", new))
    contenders = [
        first,
        Contender("append, a table that is there", rows, lambda: bench.drained("mode: append", there)),
        Contender("upsert by id, a new table", rows, lambda: bench.drained("mode: upsert, key: [id]", new)),
        Contender("Python: HSCAN and execute_values", peer_rows, bench.peer),
    ]
    take_turns(contenders, rounds)
    peer = contenders[-1]
    loaded = bench.server.sql("SELECT count(*), count(DISTINCT id) FROM peer")
    if loaded != f"{peer_rows}|{peer_rows}":
        sys.exit(f"error: the peer has loaded {loaded}")
    lines = [
        at_least("rows per second into a new, logged table", first.rows_per_second, ROWS_PER_SECOND, 0),
        at_least("times as fast as the Python loop", first.rows_per_second / peer.rows_per_second, TIMES_PEER, 1),
        at_most("MiB of memory at most", max(one.peak for one in contenders[:-1]) / 2**20, PEAK, 0),
    ]
    parts = [
        "# Draining a cache, measured",
        "By `scripts/bench drain`: `pghaul drain` empties a hash of users of a Redis on the same machine into a logged table\n"
        "of a PostgreSQL with its defaults but for `shared_buffers` 1 GB and `max_wal_size` 8 GB. Types are inferred. The\n"
        "time is that of the whole command; Redis and PostgreSQL have the same cores.",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        "## Goals",
        "\n".join(lines),
        "## Rows",
        table(contenders, ["contender", "rows", "median s", "spread s", "rows/s", "ratio", "peak MiB"]).rstrip(),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
