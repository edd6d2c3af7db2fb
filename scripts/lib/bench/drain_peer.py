"""What one would write by hand: a loop of HSCAN and execute_values.

usage: drain_peer.py REDIS_SOCKET REPLICA POSTGRESQL_URL
"""

import json
import sys

import psycopg2
import redis
from psycopg2.extras import execute_values

PAGE = 10_000


def main() -> None:
    socket, replica, url = sys.argv[1:]
    cache = redis.Redis(unix_socket_path=socket, decode_responses=True)
    with psycopg2.connect(url) as database, database.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS peer")
        cursor.execute("CREATE TABLE peer (id text, address jsonb, inserted_at timestamp)")
        place = 0
        while True:
            place, page = cache.hscan(replica, place, count=PAGE)
            rows = [(id, *json.loads(row)) for id, row in page.items()]
            execute_values(cursor, "INSERT INTO peer VALUES %s", rows, page_size=PAGE)
            if place == 0:
                break
    cache.delete(replica)


if __name__ == "__main__":
    main()
