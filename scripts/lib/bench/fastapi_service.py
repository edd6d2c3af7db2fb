"""What pghaul serve is measured against: FastAPI with `databases`, as the original service was built.

DATABASE_URL names the database; gunicorn runs it with four uvicorn workers.
"""

import os

from databases import Database
from fastapi import FastAPI, HTTPException

database = Database(os.environ["DATABASE_URL"], min_size=4, max_size=8)
app = FastAPI(on_startup=[database.connect], on_shutdown=[database.disconnect])


@app.get("/items/")
async def rows(skip: int = 0, take: int = 20):  # type: ignore[no-untyped-def]
    query = "SELECT * FROM items ORDER BY id LIMIT :take OFFSET :skip"
    found = await database.fetch_all(query, {"take": min(take, 1000), "skip": skip})
    return [dict(row._mapping) for row in found]


@app.get("/items/{id}/")
async def row(id: int):  # type: ignore[no-untyped-def]
    found = await database.fetch_one("SELECT * FROM items WHERE id = :id", {"id": id})
    if found is None:
        raise HTTPException(404)
    return dict(found._mapping)
