"""Stored files by id: pictures, music, weights, reports. Uploads as they came are never served."""

from datetime import UTC, datetime
from email.utils import format_datetime

from flask import Blueprint, Response, request, send_file

from shared.errors import NotFound
from shared.files import Artifact, get_artifact
from web.context import OWNER, services

blueprint = Blueprint("files", __name__)
#: What a browser may show inside our own origin; everything else is only ever downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/apng", "audio/wav"})
HIDDEN_ROLES = frozenset({"upload"})
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@blueprint.get("/artifacts/<artifact_id>")
def artifact(artifact_id: str) -> Response:
    """A file's bytes or a range of them; an attachment, unless ``?inline`` is there and it may be shown."""
    row = get_artifact(services().db, artifact_id, OWNER)
    if row.role in HIDDEN_ROLES:
        raise NotFound(f"there is no file {artifact_id}")
    return _send(row)


def _send(row: Artifact) -> Response:
    shown = row.media_type in SHOWN
    response = send_file(
        services().store.open(row.hash),
        mimetype=row.media_type if shown else "application/octet-stream",
        as_attachment=not (shown and "inline" in request.args),
        download_name=row.name.rsplit("/", 1)[-1],
        etag=False,
    )
    response.set_etag(row.hash)
    response.content_length = row.size
    response.headers["Last-Modified"] = format_datetime(
        datetime.fromtimestamp(row.created_at, UTC), usegmt=True
    )
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = POLICY
    # Who listens jumps about in a file: a browser only seeks where ranges are answered.
    response.make_conditional(request, accept_ranges=True, complete_length=row.size)
    return response
