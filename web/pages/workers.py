"""Workers: device, state, lanes, what each holds and runs, when it was last heard of; asking one to leave."""

from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared import jobs, library, workers
from shared.errors import NotFound
from shared.views import model_titles
from shared.workers import Worker
from web.context import services
from web.frame import SILENT_SECONDS, device_name, is_leaving, what_it_does
from web.pages.titles import job_titles
from web.security import check_form_token

blueprint = Blueprint("workers", __name__)
#: Who has left is named for so many seconds.
REMEMBERED_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A worker with names in place of ids."""

    worker: Worker
    device: str
    doing: str
    silent: bool
    leaving: bool
    runs: list[tuple[str, str]]
    holds: list[str]


@blueprint.get("/workers")
def index() -> str:
    """The page."""
    known = workers.list_workers(services().db, with_gone=True)
    return render_template(
        "workers.html",
        workers=[_show(worker) for worker in known if worker.state != "gone"],
        gone=[
            (worker, device_name(worker.device))
            for worker in known
            if worker.state == "gone" and worker.silent_seconds < REMEMBERED_SECONDS
        ],
    )


@blueprint.post("/workers/drain")
def drain() -> Response | str:
    """Ask a worker to hand back what it runs and leave."""
    check_form_token()
    try:
        workers.request_drain(services().db, request.form.get("worker", ""))
    except NotFound as error:
        g.notices = [error.message]
        return index()
    return redirect(url_for("workers.index"), 303)


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
        leaving=is_leaving(worker),
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
