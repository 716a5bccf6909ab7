"""The baseline of the web benches: Flask and SQLAlchemy with nothing of Atelier between them."""

from __future__ import annotations

import os
import uuid

from flask import Flask, Response, jsonify
from sqlalchemy import Column, MetaData, String, Table, Text, create_engine, event, insert

app = Flask(__name__)
metadata = MetaData()
rows = Table("rows", metadata, Column("id", String(32), primary_key=True), Column("body", Text))
engine = create_engine(f"sqlite:///{os.environ.get('BENCH_DATABASE', ':memory:')}")


@event.listens_for(engine, "connect")
def _prepare(connection: object, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
    connection.execute("PRAGMA synchronous = NORMAL")  # type: ignore[attr-defined]


metadata.create_all(engine)


@app.get("/healthz")
def constant() -> Response:
    """A constant."""
    return jsonify({"ok": True})


@app.post("/rows")
def one_row() -> Response:
    """Insert one row and say so."""
    identifier = uuid.uuid4().hex
    with engine.begin() as connection:
        connection.execute(insert(rows).values(id=identifier, body="{}"))
    return jsonify({"id": identifier})
