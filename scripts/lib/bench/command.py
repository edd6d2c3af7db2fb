"""What the command line of every benchmark is, where it works, and where its page goes."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import machine

PAGES = Path("docs/bench")
# Where there is a disk if the folder for temporary files is in memory.
ON_DISK = Path("/var/tmp")


def parse(name: str, compares: bool = False) -> argparse.Namespace:
    """`PGHAUL [--quick] [--write]`, and `[--compare]` where the benchmark has it; the program's path is made absolute."""
    parser = argparse.ArgumentParser(prog=f"scripts/bench {name}")
    parser.add_argument("pghaul", type=lambda path: Path(path).resolve())
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    if compares:
        parser.add_argument("--compare", action="store_true")
    return parser.parse_args()


@contextmanager
def work_folder() -> Iterator[Path]:
    """A new folder on a disk, which is deleted in the end."""
    base = Path(tempfile.gettempdir())
    if machine.file_system(base) == "tmpfs":
        base = ON_DISK
    with tempfile.TemporaryDirectory(prefix="pghaul-bench-", dir=base) as work:
        # Root's server runs as a user who must get to its data.
        os.chmod(work, 0o755)
        yield Path(work)


def publish(files: dict[str, str], write: bool) -> None:
    """Prints the first file, the page; with `write`, all of them go to the documentation by their names."""
    print(next(iter(files.values())))
    if write:
        PAGES.mkdir(exist_ok=True)
        for name, text in files.items():
            (PAGES / name).write_text(text)
        print(f"written to {PAGES}: {', '.join(files)}", file=sys.stderr)
