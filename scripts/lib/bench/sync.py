"""Measures `pghaul sync`: the initial load, an increment, a pass with nothing to do, and --verify, beside others.

usage: sync.py PGHAUL [--quick] [--write]
"""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import command
import interrupt
import machine
from goals import at_least, at_most
from measure import Command, Contender, Sample, run, take_turns, without_memory
from peers import shown
from plain_server import PlainServer
from programs import postgres_program
from server import PSQL_FLAGS, running
from table import table

ROWS, CHANGED, ROUNDS = 3_000_000, 300_000, 5
QUICK_ROWS, QUICK_CHANGED, QUICK_ROUNDS = 600_000, 60_000, 3
WORKERS = 2
# The tables that the rows are spread over.
TABLES = 20
# Databases: where the rows are, in one table and in many, and where each contender brings them.
SOURCE, SPREAD, OURS, MANY, PIPED, CLONED = "source", "spread", "ours", "many", "piped", "cloned"
BARE = "CREATE TABLE transactions (id uuid, amount numeric(12,2), description text, updated bigint)"
INDEXES = (
    "ALTER TABLE transactions ADD PRIMARY KEY (id)",
    "CREATE INDEX transactions_updated ON transactions (updated)",
)

# The goals.
TIMES_PIPE = 1.1
INCREMENT = 100_000  # rows per second
TIMES_PEER = 10.0
IDLE = 50.0  # milliseconds
VERIFY = 5.0  # seconds
TIMES_ONE = 1.15


@dataclass
class Bench:
    pghaul: Path
    work: Path
    server: PlainServer
    rows: int
    changed: int
    changes: int = 0

    def psql(self, database: str, *statements: str) -> Command:
        commands = [f"--command={statement}" for statement in statements]
        return [postgres_program("psql"), *PSQL_FLAGS, "--no-align", "--tuples-only", *commands, self.server.url_of(database)]

    def ask(self, database: str, *statements: str) -> str:
        line = self.psql(database, *statements)
        return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def make(self, database: str) -> None:
        """A new database; those before it do not disturb by what they have not written yet."""
        self.server.sql(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database}", "CHECKPOINT")

    def fill(self) -> None:
        self.make(SOURCE)
        self.ask(
            SOURCE,
            BARE,
            "INSERT INTO transactions SELECT gen_random_uuid(), (random() * 1e6)::numeric(12,2),"
            f" 'transaction ' || md5(i::text), i FROM generate_series(1, {self.rows}) i",
            *INDEXES,
            f"CREATE SEQUENCE clock START {self.rows + 1} OWNED BY transactions.updated",
            "VACUUM ANALYZE transactions",
        )

    def spread(self) -> None:
        """The rows of the source in tables of the same size."""
        self.make(SPREAD)
        out = "COPY transactions TO STDOUT (FORMAT binary)"
        into = "COPY transactions FROM STDIN (FORMAT binary)"
        self.ask(SPREAD, BARE)
        pipe = f"{shown(self.psql(SOURCE, out))} | {shown(self.psql(SPREAD, into))}"
        subprocess.run(["bash", "-o", "pipefail", "-c", pipe], check=True)
        self.ask(
            SPREAD,
            *(
                f"CREATE TABLE transactions_{table} (LIKE transactions);"
                f"INSERT INTO transactions_{table} SELECT * FROM transactions WHERE updated % {TABLES} = {table};"
                f"ALTER TABLE transactions_{table} ADD PRIMARY KEY (id);"
                f"CREATE INDEX ON transactions_{table} (updated)"
                for table in range(TABLES)
            ),
            "DROP TABLE transactions",
            "VACUUM ANALYZE",
            "CHECKPOINT",
        )

    def change(self) -> None:
        """Changes rows from everywhere in the table."""
        self.changes += 1
        chosen = f"SELECT id FROM transactions ORDER BY hashtext(id::text || {self.changes}) LIMIT {self.changed}"
        update = f"UPDATE transactions SET amount = amount + 1, updated = nextval('clock') WHERE id IN ({chosen})"
        self.ask(SOURCE, update, "VACUUM ANALYZE transactions", "CHECKPOINT")

    def once(self, source: str, destination: str, *flags: str) -> Sample:
        ends = ["--from", self.server.url_of(source), "--to", self.server.url_of(destination)]
        words = ["--cursor", "updated", "--workers", str(WORKERS)]
        return run([self.pghaul, "sync", "once", *ends, *words, *flags], self.work)

    def sync(self, *flags: str) -> Sample:
        return self.once(SOURCE, OURS, "--table", "transactions", *flags)

    def load(self) -> Sample:
        self.make(OURS)
        return self.sync()

    def load_many(self) -> Sample:
        self.make(MANY)
        return self.once(SPREAD, MANY, "--schema", "public")

    def pipe(self) -> Sample:
        self.make(PIPED)
        self.ask(PIPED, BARE)
        out = shown(self.psql(SOURCE, "COPY transactions TO STDOUT (FORMAT binary)"))
        into = shown(self.psql(PIPED, "COPY transactions FROM STDIN (FORMAT binary)"))
        indexes = shown(self.psql(PIPED, *INDEXES))
        shell: Command = ["bash", "-o", "pipefail", "-c", f"{out} | {into} && {indexes}"]
        return without_memory(run(shell, self.work))

    def clone(self) -> Sample:
        self.make(CLONED)
        jobs = ["--table-jobs", str(WORKERS), "--index-jobs", str(WORKERS), "--split-tables-larger-than", "100MB"]
        place = ["--dir", str(self.work / "pgcopydb"), "--restart"]
        ends = ["--source", self.server.url_of(SOURCE), "--target", self.server.url_of(CLONED)]
        return without_memory(run(["pgcopydb", "clone", *ends, *jobs, *place], self.work))

    def increment(self) -> Sample:
        self.change()
        return self.sync()

    def peer(self) -> Sample:
        script = Path(__file__).with_name("sync_peer.py")
        return run([sys.executable, script, self.server.url_of(SOURCE), self.server.url_of(PIPED)], self.work)

    def check(self, *databases: str) -> None:
        """Whether they hold what the source does."""
        wanted = self.digest(SOURCE, "transactions")
        for database in databases:
            if (held := self.digest(database, "transactions")) != wanted:
                sys.exit(f"error: {database} holds {held} instead of {wanted}")

    def check_many(self) -> None:
        for table in range(TABLES):
            name = f"transactions_{table}"
            if (held := self.digest(MANY, name)) != (wanted := self.digest(SPREAD, name)):
                sys.exit(f"error: {name} holds {held} instead of {wanted}")

    def digest(self, database: str, name: str) -> str:
        return self.ask(database, f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {name} t")


def main() -> None:
    arguments = command.parse("sync")
    interrupt.end_in_order()
    machine.warn_if_busy()
    facts = machine.facts()
    rows, changed, rounds = (
        (QUICK_ROWS, QUICK_CHANGED, QUICK_ROUNDS) if arguments.quick else (ROWS, CHANGED, ROUNDS)
    )
    with command.work_folder() as work:
        with running(PlainServer(work / "server")) as server:
            facts.append(("PostgreSQL", server.sql("SHOW server_version")))
            facts.append(("pgcopydb", pgcopydb_version()))
            bench = Bench(arguments.pghaul, work, server, rows, changed)
            print(f"filling the source with {rows:,} rows", file=sys.stderr)
            bench.fill()
            bench.spread()
            text = measure(bench, facts, rounds)
    command.publish({"sync.md": text}, arguments.write)


def pgcopydb_version() -> str:
    text = subprocess.run(["pgcopydb", "--version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"pgcopydb version (\S+)", text)
    return match[1] if match else text.splitlines()[0]


def measure(bench: Bench, facts: list[tuple[str, str]], rounds: int) -> str:
    loads = [
        Contender("pghaul sync once, 2 workers", bench.rows, bench.load),
        Contender("psql COPY | psql COPY, then the indexes", bench.rows, bench.pipe),
        Contender("pgcopydb clone, 2 and 2 jobs", bench.rows, bench.clone),
    ]
    take_turns(loads, rounds)
    bench.check(OURS, PIPED, CLONED)
    spread = [
        Contender("one table", bench.rows, bench.load),
        Contender(f"{TABLES} tables in one run", bench.rows, bench.load_many),
    ]
    take_turns(spread, rounds)
    bench.check_many()
    increments = [
        Contender("pghaul sync once", bench.changed, bench.increment),
        Contender("Python: execute_batch of 10,000", bench.changed, bench.peer),
    ]
    take_turns(increments, rounds)
    bench.check(OURS, PIPED)
    # A change is settled when the transactions that were open a second later have ended; until then it is looked at again.
    for _ in range(2):
        bench.sync()
        time.sleep(2)
    bench.sync()
    others = [
        Contender("a pass with nothing to do", bench.rows, bench.sync),
        Contender("a pass with nothing to do, --verify", bench.rows, lambda: bench.sync("--verify")),
    ]
    take_turns(others, rounds)
    load, pipe, _ = loads
    increment, peer = increments
    idle, verify = others
    one, many = spread
    lines = [
        at_most("times the pipe's time for the initial load", load.seconds / pipe.seconds, TIMES_PIPE),
        at_least("changed rows per second", increment.rows_per_second, INCREMENT, 0),
        at_least("times as fast as the Python loop", increment.rows_per_second / peer.rows_per_second, TIMES_PEER, 1),
        at_most("ms for a pass with nothing to do", idle.seconds * 1000, IDLE, 0),
        at_most("seconds for --verify", verify.seconds, VERIFY),
        at_most(f"times the time of one table for {TABLES} tables", many.seconds / one.seconds, TIMES_ONE),
    ]
    columns = ["contender", "rows", "median s", "spread s", "rows/s", "ratio", "peak MiB"]
    parts = [
        "# Keeping a table in sync, measured",
        "By `scripts/bench sync`: a table of transactions (uuid key, numeric, text, bigint cursor; a primary key and an index),\n"
        "from one database to another of the same server, which has PostgreSQL's defaults but for `shared_buffers` 1 GB and\n"
        "`max_wal_size` 8 GB. The time is that of the whole command, with pghaul's ANALYZE; the server has the same cores.",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        "## Goals",
        "\n".join(lines),
        "## The initial load",
        table(loads, columns).rstrip(),
        f"## The same rows in {TABLES} tables",
        table(spread, columns).rstrip(),
        "## Changed rows",
        table(increments, columns).rstrip(),
        "## Nothing to do, and everything settled",
        table(others, ["contender", "rows", "median s", "spread s", "peak MiB"]).rstrip(),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
