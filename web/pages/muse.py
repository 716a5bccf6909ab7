"""Muse: ask a version that knows a collection for inspiration, for advice, or for works that fit."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from shared import views
from shared.catalogue import list_families
from shared.datasets import Dataset, list_datasets
from shared.errors import AtelierError, BadFile, InvalidInput, NotFound
from web import captions, forms, uploads
from web.context import OWNER, services
from web.learners import families_for
from web.pages import choosing
from web.pages.desk import Desk, desk_of, fields_of, lenient, take_files
from web.roles import GENERATE, INSPIRE, MUSE, role
from web.security import check_form_token
from web.submission import predict
from web.takers import Taker, takers

blueprint = Blueprint("muse", __name__)
#: Boards of late beside the form, and data sets to make a muse from.
LATELY, TO_LEARN = 8, 6


@blueprint.get("/muse")
def index() -> str:
    """The page, its form filled from the address; without a muse, how to make one."""
    muses = takers(INSPIRE)
    desk = _desk(muses, request.args)
    if desk is None:
        return _empty()
    return _render(muses, desk, _makers(desk) | lenient(desk.operation, request.args))


@blueprint.post("/muse")
def submit() -> Response | tuple[str, int]:
    """Ask: on to the job and its result, or back to the form with the error beside its field."""
    uploads.form_of_fields()
    check_form_token()
    muses = takers(INSPIRE)
    desk = _desk(muses, request.form)
    if desk is None:
        raise NotFound("there is no muse to ask yet")
    sent: dict[str, str] = {}
    try:
        take_files(desk.operation, sent)
        given = forms.read(desk.operation.input_schema, request.form) | sent
        job = predict(desk.version, desk.model, desk.operation.name, given).job
    except (InvalidInput, BadFile) as error:
        values = lenient(desk.operation, request.form) | sent
        return _render(muses, desk, values, error), error.status
    return redirect(url_for("jobs.page", job_id=job.id, on=1), 303)


def _desk(muses: list[Taker], asked: MultiDict[str, str]) -> Desk | None:
    """What the request asks for, or the newest muse and its first operation."""
    reference = asked.get("version") or (muses[0].version.id if muses else "")
    return desk_of(reference, asked.get("operation")) if reference else None


def _makers(desk: Desk) -> dict[str, Any]:
    """The newest maker for each field that takes one: with it what a muse proposes is one click away."""
    values: dict[str, Any] = {}
    for name, wanted in desk.operation.input_schema.get("properties", {}).items():
        if wanted.get("format") == "version" and wanted.get("x-operation") == GENERATE:
            newest = next(iter(choosing.versions(wanted, "", desk.media)), None)
            if newest is not None:
                values[name] = newest.value
    return values


def _render(muses: list[Taker], desk: Desk, values: dict[str, Any], error: AtelierError | None = None) -> str:
    rows = views.works_page(services().db, OWNER, version_id=desk.version.id, limit=LATELY)
    return render_template(
        "muse.html",
        muses=muses,
        desk=desk,
        fields=fields_of(desk, values, error),
        error=error,
        lately=captions.hang(rows),
    )


def _empty() -> str:
    family = next((one for one in list_families(services().db) if role(one) == MUSE), None)
    rows: list[Dataset] = list_datasets(services().db, OWNER)[:TO_LEARN] if family is not None else []
    learned_from = [row for row in rows if family in families_for(row)]
    return render_template("muse_empty.html", family=family, datasets=learned_from)
