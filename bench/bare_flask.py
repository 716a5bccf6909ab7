"""The baseline of the web benches: Flask and SQLAlchemy under our server, with nothing of Atelier between.

``python -m bench.bare_flask`` serves two routes with gunicorn exactly as ``python -m web`` sets it up.
"""

from __future__ import annotations

import os
import uuid

from flask import Flask, Response, jsonify
from sqlalchemy import Column, Engine, MetaData, String, Table, Text, create_engine, event, insert

from shared.settings import load_settings
from web.__main__ import Server

metadata = MetaData()
rows = Table("rows", metadata, Column("id", String(32), primary_key=True), Column("body", Text))


def create_app() -> Flask:
    """A constant, and one inserted row."""
    app, engine = Flask(__name__), open_engine(os.environ["BENCH_DATABASE"])

    @app.get("/healthz")
    def constant() -> Response:
        return jsonify({"ok": True})

    @app.post("/rows")
    def one_row() -> Response:
        identifier = uuid.uuid4().hex
        with engine.begin() as connection:
            connection.execute(insert(rows).values(id=identifier, body="{}"))
        return jsonify({"id": identifier})

    return app


def open_engine(path: str) -> Engine:
    """SQLite as Atelier sets it."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous = NORMAL")  # type: ignore[attr-defined]

    metadata.create_all(engine)
    return engine


class BareServer(Server):
    """Our gunicorn with the bare application."""

    def load(self) -> Flask:
        """Made in the worker process, as ours is."""
        return create_app()


if __name__ == "__main__":
    BareServer(load_settings()).run()
