"""Measuring: contenders take turns for some rounds, and each is judged by the median of its rounds."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

Command = list[str | Path]


@dataclass(frozen=True)
class Sample:
    """One run of a command."""

    seconds: float  # wall time
    processor: float  # seconds, user and system, of the command and the processes it waited for
    peak: int  # resident memory of the command itself at its most, bytes; 0 if that says nothing


@dataclass
class Contender:
    """Something that is measured."""

    name: str
    rows: int
    run: Callable[[], Sample]
    bytes: int = 0  # of text that the rows are, if that is what is measured
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
    def megabytes_per_second(self) -> float:
        return self.bytes / 1e6 / self.seconds

    @property
    def rows_per_processor_second(self) -> float:
        return self.rows / median(sample.processor for sample in self.samples)

    @property
    def peak(self) -> int:
        return max(sample.peak for sample in self.samples)


_running: set[int] = set()  # leaders of process groups


def run(command: Command, folder: Path) -> Sample:
    """Runs a command to its end; one that fails ends the benchmark with what it said."""
    with tempfile.TemporaryFile(dir=folder) as output:
        started = time.perf_counter()
        # A group of its own, which can be ended with all its children.
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        _running.add(process.pid)
        memory = Memory(process.pid)
        memory.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C or SIGTERM: nothing goes on without us.
            _end(process.pid)
            process.wait()
            raise
        finally:
            _running.discard(process.pid)
        seconds = time.perf_counter() - started
        memory.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            said = output.read().decode(errors="replace")
            sys.exit(f"error: exit code {process.returncode} of {' '.join(map(str, command))}\n{said}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, memory.peak)


def run_together(commands: list[Command], folder: Path, at_once: int | None = None) -> Sample:
    """Runs commands at the same time, all or so many `at_once`, and the next one when one has ended.

    The wall time is that of them all, processor time their sum, memory what so many of them can have had at the most.
    """
    at_once = at_once or len(commands)
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        try:
            samples = list(threads.map(lambda command: run(command, folder), commands))
        except BaseException:  # One has failed, or we are to end.
            for pid in list(_running):
                _end(pid)
            raise
    seconds = time.perf_counter() - started
    peaks = sorted((one.peak for one in samples), reverse=True)
    return Sample(seconds, sum(one.processor for one in samples), sum(peaks[:at_once]))


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)


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


def without_memory(sample: Sample) -> Sample:
    """The sample of a command whose memory says nothing, such as a shell around others."""
    return replace(sample, peak=0)


def take_turns(contenders: list[Contender], rounds: int) -> None:
    """Runs every contender once in each round, so that what slows the machine down for a while slows them all."""
    for number in range(1, rounds + 1):
        for contender in contenders:
            print(f"\rround {number} of {rounds}: {contender.name:50}", end="", file=sys.stderr, flush=True)
            contender.samples.append(contender.run())
    print(f"\r{'':70}\r", end="", file=sys.stderr, flush=True)
