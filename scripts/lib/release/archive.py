"""archive.py FOLDER OUTPUT.tar.gz SECONDS: packs a folder, so that the same files give the same bytes.

Names are sorted, times are SECONDS (of 1970), and all belongs to root. What is executable is so for everybody.
"""

import gzip
import os
import sys
import tarfile
from pathlib import Path


def entry(info, seconds):
    """What tar is told of a file or folder, without what differs from machine to machine."""
    info.mtime = seconds
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
    return info


def main():
    folder, output, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    unfinished = output.with_name(f".{output.name}")
    with open(unfinished, "wb") as file:
        # No name and no time in gzip's header.
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
                for path in [folder, *sorted(folder.rglob("*"))]:
                    info = entry(tar.gettarinfo(path, str(path.relative_to(folder.parent))), seconds)
                    if info.isfile():
                        with open(path, "rb") as content:
                            tar.addfile(info, content)
                    else:
                        tar.addfile(info)
    os.replace(unfinished, output)


main()
