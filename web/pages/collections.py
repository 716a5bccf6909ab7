"""Data sets: upload pictures, music or a zip, see what was kept and what was refused and why."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared import datasets, jobs, views
from shared.datasets import THUMBNAIL, Dataset
from shared.errors import AtelierError
from shared.jobs import Job
from shared.lifecycle import State
from web.api.datasets import take_in
from web.context import OWNER, services
from web.pages import lessons
from web.pages.titles import job_titles
from web.problems import waiting_headers, wants_json
from web.security import CSRF_HEADER, check_form_token
from web.uploads import MOST_FILES
from web.words import bars, key

blueprint = Blueprint("collections", __name__)
PAGE = 96
COVERS = 4
#: A refused upload is told here for a day; after that the list of jobs still has it.
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A work of a data set on its page: ``id`` is what is shown of it, ``full`` the work itself.

    ``facts`` are said under a piece of music, which can be downloaded; a picture has none and opens.
    """

    id: str
    full: str
    name: str
    alt: str
    facts: str | None = None


@blueprint.get("/datasets")
def index() -> str:
    """Every data set, those being made, and the form for another."""
    return _index()


@blueprint.post("/datasets")
def upload() -> Response | tuple[str, int, dict[str, str]]:
    """Take files in; on to the job that makes the data set, or back with what was refused."""
    # A script sends the token in a header, so that a forged upload is refused before it is read.
    if CSRF_HEADER in request.headers:
        check_form_token()
    try:
        if CSRF_HEADER not in request.headers:
            check_form_token()
        job = take_in(None).job
    except AtelierError as error:
        if wants_json() or error.status not in (413, 422, 503):
            raise
        return _index(error), error.status, waiting_headers(error.status)
    page = url_for("jobs.page", job_id=job.id)
    if wants_json():
        answer = jsonify({"id": job.id, "page": page})
        answer.status_code = 202
        return answer
    return redirect(page, 303)


@blueprint.get("/datasets/<dataset_id>")
def page(dataset_id: str) -> str:
    """One data set; with ``part`` only its next works."""
    dataset = datasets.get_dataset(services().db, dataset_id, OWNER)
    after = request.args.get("after", default=-1, type=int)
    pictures, more = _pictures(dataset, after)
    if "part" in request.args:
        return render_template("pictures_part.html", pictures=pictures, more=more)
    return render_template(
        "collection.html",
        dataset=dataset,
        pictures=pictures,
        more=more,
        lessons=lessons.of(dataset),
        warnings=lessons.warnings(dataset),
        trainings=_trainings(dataset),
    )


def _index(error: AtelierError | None = None) -> str:
    db = services().db
    rows = datasets.list_datasets(db, OWNER)
    covers = views.item_covers(db, [row.id for row in rows], each=COVERS)
    small = views.thumbnails(db, [row.job_id for row in rows if row.job_id], range(COVERS))
    unfinished = (State.QUEUED, State.PROCESSING, State.FAILED)
    making = jobs.list_page(db, OWNER, lanes=("ingest",), states=unfinished, limit=5)
    return render_template(
        "collections.html",
        rows=[(row, _covers(row, covers.get(row.id, []), small)) for row in rows],
        making=[job for job in making if not job.finished or time.time() - (job.finished_at or 0) < DAY],
        error=error,
        name=request.form.get("name", "") if error is not None and error.field != "files" else "",
        most_bytes=services().settings.max_upload_mb << 20,
        most_files=MOST_FILES,
    )


def _covers(row: Dataset, items: list[str], small: dict[tuple[str, int], str]) -> list[str]:
    return [small.get((row.job_id or "", place), item) for place, item in enumerate(items)]


def _pictures(dataset: Dataset, after: int) -> tuple[list[Picture], str | None]:
    db = services().db
    rows = datasets.list_items(db, dataset.id, after=after, limit=PAGE + 1)
    places = [row.position for row in rows]
    small = views.thumbnails(db, [dataset.job_id] if dataset.job_id else [], places)
    shown = [
        Picture(
            id=small.get((dataset.job_id or "", row.position)) or row.meta.get(THUMBNAIL) or row.artifact_id,
            full=row.artifact_id,
            name=row.name.rsplit("/", 1)[-1],
            alt=", ".join([row.name.rsplit("/", 1)[-1], *row.labels.values()]),
            facts=_facts(row.meta) if dataset.media == "music" else None,
        )
        for row in rows[:PAGE]
    ]
    if len(rows) <= PAGE:
        return shown, None
    return shown, url_for("collections.page", dataset_id=dataset.id, after=rows[PAGE - 1].position)


def _facts(meta: Mapping[str, Any]) -> str:
    """What is known of a piece in a few words: "G minor, 16 bars"."""
    known = [key(meta["key"])] if meta.get("key") else []
    return ", ".join([*known, bars(int(meta.get("bars", 0)))])


def _trainings(dataset: Dataset) -> list[tuple[Job, str]]:
    """The latest trainings on this data set with their titles."""
    rows = jobs.list_page(services().db, OWNER, lanes=("training",), limit=100)
    latest = [row for row in rows if row.input.get("dataset") == dataset.id][:5]
    titles = job_titles(latest)
    return [(row, titles[row.id]) for row in latest]
