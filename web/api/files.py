"""Files sent ahead of the request that uses them, as Replicate's clients do. They are never served back."""

from flask import Blueprint, Response, jsonify, request

from shared import files, views
from shared.errors import InvalidInput, NotFound
from shared.files import UPLOAD, Artifact
from web import paging, uploads
from web.context import OWNER, services
from web.present import things

blueprint = Blueprint("uploads", __name__, url_prefix="/v1/files")


@blueprint.post("")
def create() -> tuple[Response, int]:
    """Take one file in (multipart field ``content``); ``?accept=audio/midi`` refuses any other type."""
    accept = request.args.getlist("accept")
    received = uploads.received("content", accept)
    if len(received) != 1:
        raise InvalidInput("send exactly one file", field="content")
    if accept:
        uploads.check(received[0], "content", accept)
    return jsonify(things.file(uploads.record(received)[0])), 201


@blueprint.get("")
def index() -> Response:
    """A page of files, the newest first."""
    size = paging.limit()
    rows = views.files_page(services().db, OWNER, UPLOAD, before=paging.cursor(), limit=size + 1)
    shown, following = paging.split(rows, size, lambda row: row.id)
    return jsonify(paging.document([things.file(row) for row in shown], following))


@blueprint.get("/<file_id>")
def get(file_id: str) -> Response:
    """What is known about a file; its bytes stay inside."""
    return jsonify(things.file(_find(file_id)))


@blueprint.delete("/<file_id>")
def delete(file_id: str) -> tuple[str, int]:
    """Forget a file."""
    uploads.forget([_find(file_id)])
    return "", 204


def _find(file_id: str) -> Artifact:
    row = files.get_artifact(services().db, file_id, OWNER)
    if row.role != UPLOAD:
        raise NotFound(f"there is no file {file_id}")
    return row
