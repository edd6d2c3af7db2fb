"""What one would write by hand: the rows behind the destination's greatest cursor, upserted by execute_batch.

usage: sync_peer.py SOURCE_URL DESTINATION_URL
"""

import sys

import psycopg2
from psycopg2.extras import execute_batch

BATCH = 10_000
UPSERT = (
    "INSERT INTO transactions (id, amount, description, updated) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO UPDATE"
    " SET amount = EXCLUDED.amount, description = EXCLUDED.description, updated = EXCLUDED.updated"
)


def main() -> None:
    source_url, destination_url = sys.argv[1:]
    with psycopg2.connect(source_url) as source, psycopg2.connect(destination_url) as destination:
        with source.cursor("changes") as changes, destination.cursor() as cursor:
            cursor.execute("SELECT max(updated) FROM transactions")
            changes.itersize = BATCH
            changes.execute(
                "SELECT id, amount, description, updated FROM transactions WHERE updated > %s ORDER BY updated",
                cursor.fetchone(),
            )
            while rows := changes.fetchmany(BATCH):
                execute_batch(cursor, UPSERT, rows, page_size=BATCH)
                destination.commit()


if __name__ == "__main__":
    main()
