"""Data sets: upload one, read one."""

from flask import Blueprint, Response, jsonify, request

from shared import datasets
from shared.errors import AtelierError, InvalidInput
from shared.jobs import Submitted
from web import uploads
from web.api import common
from web.context import OWNER, services
from web.paging import limit
from web.present import things
from web.submission import ingest, ingest_operation

blueprint = Blueprint("datasets", __name__, url_prefix="/v1/datasets")
LONGEST_NAME = 100


@blueprint.post("")
def create() -> tuple[Response, int]:
    """Take pictures, MIDI files or a zip in (multipart: ``name``, ``files``) and queue their data set."""
    return common.answer(take_in(common.idempotency_key()))


@blueprint.get("")
def index() -> Response:
    """Every data set, the newest first."""
    rows = datasets.list_datasets(services().db, OWNER)
    return jsonify({"previous": None, "next": None, "results": [things.dataset(row) for row in rows]})


@blueprint.get("/<dataset_id>")
def get(dataset_id: str) -> Response:
    """One data set with its report: what was refused and why, and what appears twice."""
    return jsonify(things.dataset(datasets.get_dataset(services().db, dataset_id, OWNER)))


@blueprint.get("/<dataset_id>/items")
def items(dataset_id: str) -> Response:
    """A page of a data set's works, from the one behind position ``after``."""
    datasets.get_dataset(services().db, dataset_id, OWNER)
    size = limit()
    rows = datasets.list_items(services().db, dataset_id, after=_after(), limit=size + 1)
    following = rows[size - 1].position if len(rows) > size else None
    results = [things.item(row) for row in rows[:size]]
    return jsonify({"results": results, "next_after": following})


def take_in(key: str | None) -> Submitted:
    """Keep the files of this request and queue their ingest; what is refused or repeated keeps none.

    Raises:
        BadFile, InvalidInput, NotFound, QuotaExceeded, IdempotencyMismatch: nothing was queued.
    """
    ingest_operation()
    files = uploads.received("files")
    name = request.form.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Give the data set a name of 1 to {LONGEST_NAME} characters.", field="name")
    kept = uploads.record(files)
    try:
        submitted = ingest(name, kept, key=key)
    except AtelierError:
        uploads.forget(kept)
        raise
    if not submitted.created:
        uploads.forget(kept)
    return submitted


def _after() -> int:
    text = request.args.get("after", "-1")
    if not text.lstrip("-").isdigit() or len(text) > 9:
        raise InvalidInput("after must be a position", field="after")
    return int(text)
