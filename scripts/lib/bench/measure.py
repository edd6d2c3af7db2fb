"""Measuring: contenders take turns for some rounds, and each is judged by the median of its rounds."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Sample:
    """One run of a command."""

    seconds: float  # wall time
    processor: float  # seconds, user and system, of the command and the processes it waited for
    peak: int  # resident memory of the command itself at its most, bytes


@dataclass
class Contender:
    """Something that is measured."""

    name: str
    rows: int
    run: Callable[[], Sample]
    samples: list[Sample] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return median(sample.seconds for sample in self.samples)

    @property
    def spread(self) -> tuple[float, float]:
        seconds = [sample.seconds for sample in self.samples]
        return min(seconds), max(seconds)

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds

    @property
    def rows_per_processor_second(self) -> float:
        return self.rows / median(sample.processor for sample in self.samples)

    @property
    def peak(self) -> int:
        return max(sample.peak for sample in self.samples)


def run(command: list[str | Path], folder: Path) -> Sample:
    """Runs a command to its end; one that fails ends the benchmark with what it said."""
    with tempfile.TemporaryFile(dir=folder) as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        memory = Memory(process.pid)
        memory.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C or SIGTERM: nothing goes on without us.
            process.terminate()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        memory.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            said = output.read().decode(errors="replace")
            sys.exit(f"error: exit code {process.returncode} of {' '.join(map(str, command))}\n{said}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, memory.peak)


def run_together(commands: list[list[str | Path]], folder: Path) -> Sample:
    """Runs commands at the same time; the wall time is that of them all, the rest their sum."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(commands)) as threads:
        samples = list(threads.map(lambda command: run(command, folder), commands))
    seconds = time.perf_counter() - started
    return Sample(seconds, sum(one.processor for one in samples), sum(one.peak for one in samples))


class Memory(threading.Thread):
    """Looks at a process's memory until it has ended. (What wait4 gives begins with our own size.)"""

    INTERVAL = 0.02  # seconds

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.peak = 0  # bytes
        self._status = Path(f"/proc/{pid}/status")

    def run(self) -> None:
        try:
            while peak := self._look():
                self.peak = peak
                time.sleep(self.INTERVAL)
        except OSError:
            pass  # It has ended.

    def _look(self) -> int:
        for line in self._status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0


def with_seconds(sample: Sample, seconds: float) -> Sample:
    """The sample with a wall time that was measured otherwise."""
    return replace(sample, seconds=seconds)


def take_turns(contenders: list[Contender], rounds: int) -> None:
    """Runs every contender once in each round, so that what slows the machine down for a while slows them all."""
    for number in range(1, rounds + 1):
        for contender in contenders:
            print(f"\rround {number} of {rounds}: {contender.name:50}", end="", file=sys.stderr, flush=True)
            contender.samples.append(contender.run())
    print(f"\r{'':70}\r", end="", file=sys.stderr, flush=True)
