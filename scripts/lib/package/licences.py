"""Writes the licences of all crates that are in the binary: their own texts, each once, with the crates that have it.

Used by scripts/package and scripts/release, which may name a target. Most licences ask for nothing but this."""

import json
import re
import subprocess
import sys
from pathlib import Path

NAMES = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.IGNORECASE)


def this_machine():
    lines = subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
    return next(line.split()[1] for line in lines if line.startswith("host:"))


def crates(target):
    """The packages that pghaul links, by cargo's own resolution for a target."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    data = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    root = data["resolve"]["root"]
    linked, todo = set(), [root]
    while todo:
        node = nodes[todo.pop()]
        for dep in node["deps"]:
            # No kind is the normal one: what builds or tests is not in the binary.
            if dep["pkg"] not in linked and any(kind["kind"] is None for kind in dep["dep_kinds"]):
                linked.add(dep["pkg"])
                todo.append(dep["pkg"])
    return sorted((packages[id] for id in linked), key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The licence files of a crate, or its licence's name where it has none."""
    folder = Path(package["manifest_path"]).parent
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and NAMES.search(path.name)]
    found = [path.read_text(encoding="utf-8", errors="replace").strip() for path in found]
    return found or [f"(no text comes with these crates; their licence is {package['license']})"]


def main():
    linked = crates(sys.argv[1] if len(sys.argv) > 1 else this_machine())
    if len(linked) < 50:
        sys.exit(f"only {len(linked)} crates: is this still how cargo names them?")
    holders = {}
    for package in linked:
        for text in texts(package):
            holders.setdefault(text, []).append(f"{package['name']} {package['version']}")
    print("pghaul is linked with these crates, under these licences.")
    for text, names in sorted(holders.items(), key=lambda item: (-len(item[1]), item[1])):
        print(f"\n{'=' * 80}\n{', '.join(names)}\n{'-' * 80}\n\n{text}")


main()
