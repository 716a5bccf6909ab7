"""Workers: device, state, lanes, what each holds and runs, and when it was last heard of."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from shared import jobs, library
from shared.errors import NotFound
from shared.views import model_titles
from shared.workers import Worker, list_workers
from web.context import services
from web.frame import SILENT_SECONDS, device_name, what_it_does
from web.pages.titles import job_titles

blueprint = Blueprint("workers", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A worker with names in place of ids."""

    worker: Worker
    device: str
    doing: str
    silent: bool
    runs: list[tuple[str, str]]
    holds: list[str]


@blueprint.get("/workers")
def index() -> str:
    """The page."""
    return render_template("workers.html", workers=[_show(worker) for worker in list_workers(services().db)])


@blueprint.get("/devices")
def line() -> str:
    """The devices' part of the top line, for pages that stay open."""
    return render_template("devices.html")


def _show(worker: Worker) -> Shown:
    return Shown(
        worker=worker,
        device=device_name(worker.device),
        doing=what_it_does(worker),
        silent=worker.silent_seconds > SILENT_SECONDS,
        runs=_runs(worker.jobs),
        holds=_holds(worker.holds),
    )


def _runs(job_ids: list[str]) -> list[tuple[str, str]]:
    found = []
    for job_id in job_ids[:8]:
        try:
            found.append(jobs.get(services().db, job_id))
        except NotFound:
            continue
    titles = job_titles(found)
    return [(job.id, titles[job.id]) for job in found]


def _holds(version_ids: list[str]) -> list[str]:
    names = []
    for version_id in version_ids[:8]:
        try:
            version = library.get_version(services().db, version_id)
        except NotFound:
            continue
        title = model_titles(services().db, [version.model_id]).get(version.model_id, "")
        names.append(f"{title} · {version_id[:8]}")
    return names
