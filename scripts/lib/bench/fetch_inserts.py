"""What the original did first: an INSERT for each row, with a COMMIT for each, or one for all.

usage: fetch_inserts.py POSTGRESQL_URL TABLE ROWS each|once
"""

import sys
import time

import psycopg2
from psycopg2.extras import register_default_jsonb


def main() -> None:
    url, table, count, commits = sys.argv[1:]
    with psycopg2.connect(url) as database, database.cursor() as cursor:
        register_default_jsonb(cursor, loads=lambda text: text)
        cursor.execute(f"SELECT * FROM {table} LIMIT %s", [int(count)])
        rows = cursor.fetchall()
        cursor.execute(f"CREATE TEMP TABLE types AS SELECT * FROM {table} LIMIT 0")
        cursor.execute("DROP TABLE IF EXISTS inserted")
        cursor.execute("CREATE TABLE inserted (LIKE types)")
        database.commit()
        statement = f"INSERT INTO inserted VALUES ({', '.join(['%s'] * len(rows[0]))})"
        started = time.perf_counter()
        for row in rows:
            cursor.execute(statement, row)
            if commits == "each":
                database.commit()
        database.commit()
        print(time.perf_counter() - started)
        cursor.execute("DROP TABLE inserted")


if __name__ == "__main__":
    main()
