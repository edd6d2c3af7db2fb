"""Measures `pghaul serve` with wrk, beside a FastAPI service.

usage: serve.py PGHAUL [--quick] [--write]
"""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import command
import interrupt
import machine
from goals import at_least, at_most
from server import Embedded, running
from table import markdown

KEYS = 100_000
CONNECTIONS = 64
# Requests after which memory is looked at.
MANY = 1_000_000
TABLE = (
    "CREATE TABLE items (id bigint PRIMARY KEY, name text, email text, price numeric(12,2), at timestamptz, ok boolean)",
    "INSERT INTO items SELECT i, 'name ' || i, 'user' || i || '@example.com', i * 1.25, "
    f"timestamptz '2020-01-01' + i * interval '1 minute', i % 2 = 0 FROM generate_series(1, {KEYS}) i",
    "VACUUM ANALYZE items",
)

# The goals.
BY_KEY = 8_000  # requests per second
OF_20 = 5_000
P99 = 30.0  # milliseconds
TIMES = 4.0
MEMORY = 64.0  # MiB


@dataclass(frozen=True)
class Load:
    """What wrk tells."""

    requests: int
    per_second: float
    p99: float  # milliseconds
    errors: int


def main() -> None:
    arguments = command.parse("serve")
    interrupt.end_in_order()
    with command.work_folder() as work:
        text = measure(arguments.pghaul, work, arguments.quick)
    command.publish({"serve.md": text}, arguments.write)


def measure(pghaul: Path, work: Path, quick: bool) -> str:
    """Measures everything; gives the page about it."""
    machine.warn_if_busy()
    seconds = 5 if quick else 20
    facts = machine.facts()
    with running(Embedded(pghaul, work / "data")) as server:
        server.sql(*TABLE)
        names = ["wrk", "PostgreSQL", "FastAPI", "databases"]
        values = [wrk_version(), server.sql("SHOW server_version"), version("fastapi"), version("databases")]
        facts += list(zip(names, values))
        with own(pghaul, work, server.url) as (process, url):
            ours = [load(url, True, seconds), load(url, False, seconds)]
            more = MANY // 10 if quick else MANY
            done = sum(one.requests for one in ours)
            while done < more:
                done += load(url, True, seconds).requests
            memory = peak_mib(process.pid)
        with fastapi(work, server.url) as url:
            theirs = [load(url, True, seconds), load(url, False, seconds)]
    return page(facts, ours, theirs, memory, done)


@contextmanager
def own(pghaul: Path, work: Path, database: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`pghaul serve`, without a limit for clients."""
    (work / "config.yml").write_text("serve: {rate: {requests: 0}, tables: {items: {key: id}}}\n")
    arguments = [pghaul, "serve", "--config", work / "config.yml", "--listen", "127.0.0.1:0", "--db", database]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout
        yield process, process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def fastapi(work: Path, database: str) -> Iterator[str]:
    """The FastAPI service, with four workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    gunicorn = [sys.executable, "-m", "gunicorn", "fastapi_service:app", "--bind", address, "--workers", "4"]
    gunicorn += ["--worker-class", "uvicorn.workers.UvicornWorker", "--log-level", "error"]
    folder = Path(__file__).parent
    environment = {**os.environ, "DATABASE_URL": database}
    process = subprocess.Popen(gunicorn, cwd=folder, env=environment, start_new_session=True)
    try:
        wait_for(f"http://{address}/items/1/")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url).read()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"error: nothing answers at {url}")


def load(url: str, by_key: bool, seconds: int) -> Load:
    """Has wrk ask for rows by key, or for 20 rows."""
    script = ["--script", str(Path(__file__).with_name("serve_keys.lua"))] if by_key else []
    arguments = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--latency"]
    environment = {**os.environ, "KEYS": str(KEYS)}
    text = subprocess.run(
        [*arguments, *script, f"{url}/items/"], check=True, capture_output=True, text=True, env=environment
    ).stdout
    errors = sum(int(number) for line in re.findall(r"(?:Socket errors|Non-2xx).*", text) for number in re.findall(r"\d+", line.split(":", 1)[1]))
    return Load(
        requests=int(found(r"(\d+) requests in", text)),
        per_second=float(found(r"Requests/sec:\s+([\d.]+)", text)),
        p99=milliseconds(found(r"99%\s+([\d.]+\w+)", text)),
        errors=errors,
    )


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        sys.exit(f"error: wrk did not tell what was looked for:\n{text}")
    return match[1]


def milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    sys.exit(f"error: {text} is no time")


def peak_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(found(r"VmHWM:\s+(\d+) kB", text)) / 1024


def wrk_version() -> str:
    text = subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout
    return found(r"wrk (?:debian/)?(\S+)", text)


def page(facts: list[tuple[str, str]], ours: list[Load], theirs: list[Load], memory: float, done: int) -> str:
    rows = [["requests", "pghaul/s", "p99 ms", "FastAPI/s", "p99 ms", "ratio", "errors"]]
    for name, own, other in zip(["one row by key", "20 rows"], ours, theirs):
        ratio = own.per_second / other.per_second
        errors = f"{own.errors}, {other.errors}"
        numbers = [f"{own.per_second:,.0f}", f"{own.p99:.1f}", f"{other.per_second:,.0f}", f"{other.p99:.1f}"]
        rows.append([name, *numbers, f"{ratio:.1f}", errors])
    goals = [
        at_least("requests per second, one row by key", ours[0].per_second, BY_KEY, 0),
        at_least("requests per second, 20 rows", ours[1].per_second, OF_20, 0),
        at_most("p99 in ms, one row by key", ours[0].p99, P99, 1),
        at_most("p99 in ms, 20 rows", ours[1].p99, P99, 1),
        at_least("times FastAPI's, one row by key", ours[0].per_second / theirs[0].per_second, TIMES, 1),
        at_least("times FastAPI's, 20 rows", ours[1].per_second / theirs[1].per_second, TIMES, 1),
        at_most(f"MiB of memory at most, after {done:,} requests", memory, MEMORY, 0),
    ]
    parts = [
        "# The REST service, measured",
        f"By `scripts/bench serve`: wrk with {CONNECTIONS} connections against `pghaul serve`, and then against FastAPI with\n"
        "`databases` under gunicorn with 4 workers; load generator, service and PostgreSQL share the cores. A table of\n"
        f"{KEYS:,} rows of 6 columns.",
        "\n".join(f"- {name}: {value}" for name, value in facts),
        markdown(rows).rstrip(),
        "## Goals",
        "\n".join(goals),
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
