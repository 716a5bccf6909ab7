"""Jobs: the list, and the page of one; what a page shows lies in SQL, so a reload shows the same."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, json, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared import jobs, library, views
from shared.errors import Conflict, NotFound
from shared.jobs import Job
from shared.lifecycle import State
from shared.workers import list_workers
from web import captions, paging, steering, ways
from web.context import OWNER, services
from web.frame import device_name
from web.pages import story, training_view
from web.pages.titles import job_titles
from web.pages.works import ancestors
from web.present.job import kind
from web.queue import Queue, queue_of
from web.security import check_form_token
from web.texts import N_, _

blueprint = Blueprint("jobs", __name__)
PAGE = 40
KINDS = {"prediction": N_("works"), "training": N_("trainings"), "ingest": N_("data sets")}
LANES = {"prediction": ("interactive",), "training": ("training",), "ingest": ("ingest",)}


@dataclass(frozen=True, slots=True)
class Row:
    """A job in the list."""

    job: Job
    title: str
    queue: Queue
    thumbnail: str


@blueprint.get("/jobs")
def index() -> str:
    """The list, the newest first."""
    db = services().db
    wanted = request.args.get("kind", "")
    lanes = LANES.get(wanted, ())
    found = jobs.list_page(db, OWNER, before=paging.cursor(), limit=PAGE + 1, lanes=lanes)
    page, following = paging.split(found, PAGE, lambda job: job.id)
    titles = job_titles(page)
    small = _first_thumbnails(page)
    counts = views.state_counts(db, OWNER)
    return render_template(
        "jobs.html",
        rows=[Row(job, titles[job.id], queue_of(job), small.get(job.id, "")) for job in page],
        kinds={name: _(title) for name, title in KINDS.items()},
        wanted=wanted if lanes else "",
        waiting=counts.get(State.QUEUED, 0),
        working=counts.get(State.PROCESSING, 0),
        more=url_for("jobs.index", cursor=following, kind=wanted or None) if following else None,
    )


@blueprint.get("/jobs/<job_id>")
def page(job_id: str) -> str:
    """One job; with ``part`` only what changes while it runs."""
    job = jobs.get(services().db, job_id, OWNER)
    template = "job_live.html" if "part" in request.args else "job.html"
    return render_template(template, **_context(job))


@blueprint.get("/jobs/<job_id>/made")
def made(job_id: str) -> str:
    """What one job made or is about to make, for the wall beside the form."""
    job = jobs.get(services().db, job_id, OWNER)
    count = job.input.get("count", 1)
    return render_template(
        "made.html",
        job=job,
        queue=queue_of(job),
        works=_hung(job),
        waiting=min(count, 16) if isinstance(count, int) else 1,
    )


@blueprint.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response | str:
    """Cancel from the page."""
    check_form_token()
    try:
        steering.cancel(job_id)
    except Conflict as error:
        return _told(job_id, error)
    return redirect(_back(job_id), 303)


@blueprint.post("/jobs/<job_id>/stop")
def stop(job_id: str) -> Response | str:
    """Stop a training from the page and keep its best."""
    check_form_token()
    try:
        steering.stop(job_id)
    except Conflict as error:
        return _told(job_id, error)
    return redirect(url_for("jobs.page", job_id=job_id), 303)


def _told(job_id: str, error: Conflict) -> str:
    g.notices = [error.message]
    return page(job_id)


def _back(job_id: str) -> str:
    return (
        url_for("jobs.index") if request.form.get("back") == "list" else url_for("jobs.page", job_id=job_id)
    )


def _context(job: Job) -> dict[str, Any]:
    db = services().db
    events = jobs.read_timeline(db, job.id)
    tries = jobs.list_attempts(db, job.id)
    model = None if job.model_id is None else library.model_by_id(db, job.model_id)
    works = _hung(job)
    version = (job.output or {}).get("version")
    return {
        "job": job,
        "kind": kind(job),
        "title": job_titles([job])[job.id],
        "model": model,
        "queue": queue_of(job),
        "device": _device(tries[-1].worker_id) if tries else "",
        "works": works,
        "ways": ways.on_from(works[0].id, model, job.version_id) if works else [],
        "training": training_view.of(job, events, tries) if kind(job) == "training" else None,
        "version": _version_or_none(version),
        "report": (job.output or {}).get("report") or {},
        "dataset_id": (job.output or {}).get("dataset"),
        "story": story.tell(events),
        "recipe": json.dumps(_recipe(job), indent=2, sort_keys=True, ensure_ascii=False),
        "generations": ancestors(job) if kind(job) == "prediction" else [],
    }


def _recipe(job: Job) -> dict[str, Any]:
    """What to submit to make this job again."""
    recipe = {"family": job.family, "operation": job.operation, "version": job.version_id, "input": job.input}
    return {name: value for name, value in recipe.items() if value is not None}


def _hung(job: Job) -> list[captions.Hung]:
    if job.state is not State.SUCCEEDED or kind(job) != "prediction":
        return []
    files = views.files_of_jobs(services().db, [job.id], ("output",)).get(job.id, [])
    small = views.thumbnails(services().db, [job.id])
    titles = views.model_titles(services().db, [job.model_id] if job.model_id else [])
    return captions.hang_files(files, small, titles.get(job.model_id or "", ""), job.operation)


def _first_thumbnails(page: list[Job]) -> dict[str, str]:
    done = [job.id for job in page if job.state is State.SUCCEEDED]
    small = views.thumbnails(services().db, done)
    found = {job_id: identifier for (job_id, position), identifier in small.items() if position == 0}
    running = [job.id for job in page if job.lane == "training"]
    previews = views.files_of_jobs(services().db, running, ("preview", "grid"))
    return found | {job_id: files[-1].id for job_id, files in previews.items()}


def _device(worker_id: str) -> str:
    """The device of a worker, also of one that has gone; its id when even that is forgotten."""
    for worker in list_workers(services().db, with_gone=True):
        if worker.id == worker_id:
            return device_name(worker.device)
    return worker_id


def _version_or_none(version_id: Any) -> library.Version | None:
    if not isinstance(version_id, str):
        return None
    try:
        return library.get_version(services().db, version_id)
    except NotFound:
        return None
