"""Our own CSS and JavaScript, under an address that changes with their content: cached, never stale."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
blueprint = Blueprint("assets", __name__)


@lru_cache(maxsize=1)
def build() -> str:
    """The name of this content: a hash over every file."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@blueprint.get("/static/<stamp>/<path:name>")
def get(stamp: str, name: str) -> Response:
    """One file; an old stamp gives today's content, uncached."""
    response = send_from_directory(FOLDER, name)
    current = stamp == build()
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The seal, for those who ask for it by its old name."""
    return send_from_directory(FOLDER, "seal.svg")


def address(name: str) -> str:
    """Where a page finds the file called ``name``."""
    return url_for("assets.get", stamp=build(), name=name)


def register(app: Flask) -> None:
    """Serve our files from ``app``."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["static"] = address
