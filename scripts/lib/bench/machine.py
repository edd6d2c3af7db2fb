"""What a measurement was made on, for its reader."""

import os
import platform
import subprocess
import sys
from pathlib import Path

# Others' work on the machine (a load average) from which on it decides what is measured.
BUSY = 0.5


def warn_if_busy() -> None:
    """Says on standard error when others are at work."""
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"warning: others are at work here (load average {load:.1f}); what is measured is less", file=sys.stderr)


def facts() -> list[tuple[str, str]]:
    """Names and values, in the order to show them."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return [
        ("date", output("date", "+%Y-%m-%d")),
        ("commit", output("git", "describe", "--always", "--dirty")),
        ("processor", f"{os.cpu_count()} cores, {_line('/proc/cpuinfo', 'model name')}"),
        ("memory", f"{int(_line('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB"),
        ("load before (1, 5, 15 minutes)", load),
        ("Rust", output("rustc", "--version").removeprefix("rustc ")),
        ("Python", platform.python_version()),
    ]


def output(*command: str) -> str:
    """What a command prints; "unknown" where it is not there or fails."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def file_system(folder: Path) -> str:
    """The type of the file system that a folder is on, such as ext4."""
    folder = folder.resolve()
    found, found_type = Path("/"), "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        # A later mount hides an earlier one of the same place.
        if folder.is_relative_to(mount) and Path(mount).is_relative_to(found):
            found, found_type = Path(mount), kind
    return found_type


def _line(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "0 unknown"
