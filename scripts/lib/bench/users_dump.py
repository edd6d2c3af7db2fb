"""The users of `pghaul generate users` as dumps, for `pghaul ingest`."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

# The types of `--into TABLE --flat`; all other columns are text. The built-in type maps have no names for some.
TYPES = {
    "user_id": "uuid",
    "age": "int",
    "device_ipv4_address": "inet",
    "device_ipv6_address": "inet",
    "device_mac_address": "macaddr",
    "device_uuid": "uuid",
}
TYPE_MAP = {"uuid": "uuid", "int": "integer", "inet": "inet", "macaddr": "macaddr", "text": "text"}
CONFIG = """\
xport_cfg:
  zip_path: dumps
  field_separator: ','
  dat_quote: '"'
  encoding: utf-8
  dialects: [{match: '*', types: types.json}]
"""


def write(pghaul: Path, folder: Path, count: int, dumps: int) -> None:
    """Writes `dumps/lms_v1.zip`, … with an equal part of the users each, and the configuration that they need."""
    (folder / "dumps").mkdir()
    (folder / "types.json").write_text(json.dumps(TYPE_MAP))
    (folder / "config.yml").write_text(CONFIG)
    header = _users(pghaul, 0, 0)
    bounds = [count * number // dumps for number in range(dumps + 1)]

    def dump(number: int) -> None:
        start, end = bounds[number], bounds[number + 1]
        _write_dump(folder / f"dumps/lms_v{number + 1}.zip", header, _users(pghaul, start, end - start))

    with ThreadPoolExecutor(dumps) as threads:
        list(threads.map(dump, range(dumps)))


def _users(pghaul: Path, start: int, count: int) -> bytes:
    """Lines of CSV; the header belongs to the first user, or to none."""
    arguments = ["generate", "users", "--format", "csv", "--start", str(start), "--count", str(count)]
    return subprocess.run([pghaul, *arguments], check=True, stdout=subprocess.PIPE).stdout


def _write_dump(path: Path, header: bytes, lines: bytes) -> None:
    columns = header.decode().strip().split(",")
    descriptor = [{"column_name": name, "column_type": TYPES.get(name, "text")} for name in columns]
    # A level that is quick to write; how well it packs matters little to who reads it.
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=3) as dump:
        dump.writestr("users.json", json.dumps(descriptor))
        dump.writestr("users.dat", lines if lines.startswith(header) else header + lines)
