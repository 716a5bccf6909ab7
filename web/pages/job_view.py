"""What the page of one job shows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import json, url_for

from shared import jobs, library, views
from shared.errors import NotFound
from shared.files import Artifact
from shared.jobs import Job
from shared.lifecycle import State
from shared.workers import list_workers
from web import analyses, captions, forms, standing, ways
from web.context import OWNER, services
from web.frame import device_name
from web.pages import lessons, story, training_view
from web.pages.titles import job_titles
from web.pages.works import ancestors
from web.pieces import REPORT
from web.present.job import kind
from web.reports import reading, until
from web.roles import MAKER, role
from web.standing import Standing

SHOWN_AHEAD = 6


@dataclass(frozen=True, slots=True)
class Before:
    """A job that goes first, and why."""

    id: str
    title: str
    why: str
    priority: int


def context(job: Job) -> dict[str, Any]:
    """What its templates show of a job."""
    db = services().db
    events = jobs.read_timeline(db, job.id)
    tries = jobs.list_attempts(db, job.id)
    model = None if job.model_id is None else library.model_by_id(db, job.model_id)
    works = hung(job)
    stands = standing.of(job)
    ahead = _ahead(stands)
    version = (job.output or {}).get("version")
    return {
        "job": job,
        "kind": kind(job),
        "title": job_titles([job])[job.id],
        "model": model,
        "standing": stands,
        "ahead": ahead,
        "further": stands.told.total_ahead + stands.running - len(ahead),
        "device": _device(tries[-1].worker_id) if tries else "",
        "tries": story.told_attempts(tries),
        "again": _form_again(job, model),
        "works": works,
        "result": result(job),
        "until": _until(job),
        "leads": _leads(model),
        "ways": ways.on_from(works[0].id, model, job.version_id) if works else [],
        "training": training_view.of(job, events, tries) if kind(job) == "training" else None,
        "version": _version_or_none(version),
        "report": (job.output or {}).get("report") or {},
        "dataset_id": (job.output or {}).get("dataset"),
        "story": story.tell(events),
        "recipe": json.dumps(_recipe(job), indent=2, sort_keys=True, ensure_ascii=False),
        "generations": ancestors(job) if kind(job) == "prediction" else [],
    }


def _ahead(stands: Standing) -> list[Before]:
    """The first of those that are ahead, with titles."""
    first = stands.told.ahead[:SHOWN_AHEAD]
    found = {job.id: job for job in _jobs_of([one.job_id for one in first])}
    titles = job_titles(list(found.values()))
    return [
        Before(one.job_id, titles[one.job_id], standing.why(one.why), one.priority)
        for one in first
        if one.job_id in found
    ]


def _jobs_of(job_ids: Iterable[str]) -> Iterator[Job]:
    for job_id in job_ids:
        try:
            yield jobs.get(services().db, job_id, OWNER)
        except NotFound:
            continue


def _form_again(job: Job, model: library.Model | None) -> str:
    """The form in which a failed or canceled request is changed and sent again; empty when there is none."""
    if job.state not in (State.FAILED, State.CANCELED):
        return ""
    if kind(job) == "ingest":
        return url_for("collections.index")
    if kind(job) == "training":
        return lessons.form_again(job, model)
    if model is None:
        return ""
    values: dict[str, Any] = forms.address(job.input) | {
        "model": model.name,
        "version": job.version_id,
        "operation": job.operation,
    }
    return url_for("create.index", **values)


def _recipe(job: Job) -> dict[str, Any]:
    """What to submit to make this job again."""
    recipe = {"family": job.family, "operation": job.operation, "version": job.version_id, "input": job.input}
    return {name: value for name, value in recipe.items() if value is not None}


def result(job: Job) -> str:
    """The id of the report that is all a prediction made, where it is a page to read; empty otherwise."""
    if job.state is not State.SUCCEEDED or kind(job) != "prediction":
        return ""
    files = views.files_of_jobs(services().db, [job.id], ("output",)).get(job.id, [])
    return files[0].id if len(files) == 1 and (reading.is_page(files[0]) or _is_music(files[0])) else ""


def _is_music(file: Artifact) -> bool:
    return file.media_type == REPORT and file.meta.get("kind") == analyses.KIND


def _until(job: Job) -> until.Until | None:
    """How a search that made works until they fit went."""
    if job.state is not State.SUCCEEDED:
        return None
    files = views.files_of_jobs(services().db, [job.id], ("report",)).get(job.id, [])
    found = next((report for file in files if (report := reading.read(file)) is not None), None)
    return until.of(found) if found is not None and found.kind == reading.UNTIL else None


def _leads(model: library.Model | None) -> str:
    """What a new version of this model is there for, see ``web.roles``; a maker where nobody knows."""
    if model is None:
        return ""
    try:
        return role(services().moment.family(model.family))
    except NotFound:
        return MAKER


def hung(job: Job) -> list[captions.Hung]:
    """The works that a prediction made, as they hang on its page."""
    if job.state is not State.SUCCEEDED or kind(job) != "prediction":
        return []
    files = views.files_of_jobs(services().db, [job.id], ("output",)).get(job.id, [])
    titles = views.model_titles(services().db, [job.model_id] if job.model_id else [])
    return captions.hang_files(files, titles.get(job.model_id or "", ""), job.operation)


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
