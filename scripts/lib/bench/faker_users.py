"""The record of `pghaul generate users`, made with Faker: in one process, or in chunks by a pool of processes.

usage: faker_users.py COUNT PROCESSES FILE
"""

import json
import random
import sys
from multiprocessing import Pool
from typing import Any
from uuid import uuid4

from faker import Faker

CITIES = {
    "Germany": ["Göttingen", "Berlin", "Munich", "Hamburg", "Cologne"],
    "Netherlands": ["Amsterdam", "Rotterdam", "The Hague", "Utrecht", "Eindhoven"],
    "UK": ["London", "Manchester", "Nottingham", "Liverpool", "Edinburgh"],
}
COUNTRIES = list(CITIES)
SYSTEM_TRIPLETS = [
    "x86_64-pc-linux-gnu",
    "i686-pc-linux-gnu",
    "aarch64-pc-linux-gnu",
    "x86_64-pc-macosx",
    "x86_64-pc-win32",
    "x86_64-pc-win64",
    "x86_64-pc-android",
    "armv7l-pc-android",
    "x86_64-pc-freebsd",
    "i686-pc-freebsd",
]


def main(count: int, processes: int, path: str) -> None:
    if processes == 1:
        users = chunk(0, count)
    else:
        size = count // processes
        ranges = [(number * size, (number + 1) * size) for number in range(processes)]
        ranges[-1] = (ranges[-1][0], count)
        with Pool(processes) as pool:
            users = [user for part in pool.starmap(chunk, ranges) for user in part]
    with open(path, "w", encoding="utf-8") as file:
        for record in users:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def chunk(start: int, end: int) -> list[dict[str, Any]]:
    fake = Faker()
    return [user(fake) for _ in range(start, end)]


def user(fake: Faker) -> dict[str, Any]:
    country = random.choice(COUNTRIES)
    return {
        "user_id": str(uuid4()),
        "user_name": fake.user_name(),
        "first_name": fake.first_name(),
        "last_name": fake.last_name(),
        "age": random.randint(18, 100),
        "address": {
            "house_number": fake.building_number(),
            "street_name": fake.street_name(),
            "city": random.choice(CITIES[country]),
            "country": country,
            "post_code": fake.postcode(),
        },
        "email_address": fake.email(),
        "phone_number": fake.phone_number(),
        "device": {
            "ipv4_address": fake.ipv4(),
            "ipv6_address": fake.ipv6(),
            "mac_address": fake.mac_address(),
            "UUID": str(uuid4()),
            "system_triplet": random.choice(SYSTEM_TRIPLETS),
        },
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
