"""Reads and writes every kind of column by the client that openapi-python-client has made.

    kinds.py FOLDER-OF-THE-CLIENT URL
"""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
client = importlib.import_module("client")
models = importlib.import_module("client.models")
api = importlib.import_module("client.api")
service = client.Client(base_url=sys.argv[2])
ROWS = json.loads(Path(__file__).with_name("kinds.json").read_text())


def operation(name):
    """The module of an operation."""
    for module in pkgutil.walk_packages(api.__path__, "client.api."):
        if module.name.rsplit(".", 1)[1] == name:
            return importlib.import_module(module.name)
    sys.exit(f"error: the client has no operation {name}")


def ask(name, status, *arguments, **named):
    """Sends a request; gives the answer as the client reads it, and its headers."""
    response = operation(name).sync_detailed(*arguments, client=service, **named)
    if response.status_code != status:
        sys.exit(f"error: {name} {arguments}: {response.status_code} instead of {status}: {response.content!r}")
    return response.parsed, response.headers


def same(name, got, wanted):
    """Compares a row with what it has to be, column by column; those that were not written are not compared."""
    got = got.to_dict()
    for column, value in wanted.items():
        if got.get(column) != value:
            sys.exit(f"error: {name}: column {column} is {got.get(column)!r} instead of {value!r}")


for row in ROWS:
    key = (row["a"], row["b"])
    added, headers = ask("post_stats_kinds", 201, body=models.StatsKindsNew.from_dict(row))
    same("post", added, row)
    same("post", added, {"k_twice": row["k_int"] * 2})
    read, headers = ask("get_stats_kinds", 200, *key)
    same("get", read, row)
    listed, _ = ask("list_stats_kinds", 200, a=row["a"])
    same("list", listed[0], row)
    changed, now = ask("patch_stats_kinds", 200, *key, body=models.StatsKindsChanges.from_dict({"k_int": 5}), if_match=headers["etag"])
    same("patch", changed, {**row, "k_int": 5})
    ask("patch_stats_kinds", 412, *key, body=models.StatsKindsChanges.from_dict({"k_int": 6}), if_match=headers["etag"])
    replaced, _ = ask("put_stats_kinds", 200, *key, body=models.StatsKindsNew.from_dict({**row, "k_int": 8}))
    same("put", replaced, {**row, "k_int": 8})
    ask("delete_stats_kinds", 204, *key, if_match="*")
    ask("get_stats_kinds", 404, *key)
ask("post_odd_table", 201, body=models.OddTableNew.from_dict({"id": 1}))
same("odd table", ask("get_odd_table", 200, 1)[0], {"id": 1})
ask("list_stats_kinds_2", 200)
print(f"test {len(ROWS)} rows by openapi-python-client ... ok")
