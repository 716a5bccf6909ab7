"""Jobs: the list, and the page of one; what a page shows lies in SQL, so a reload shows the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared import jobs, views
from shared.errors import AtelierError, Conflict, InvalidInput
from shared.jobs import Job
from shared.lifecycle import State
from web import forms, paging, standing, steering
from web.context import OWNER, services
from web.pages import job_view
from web.pages.titles import job_titles
from web.security import check_form_token
from web.standing import Standing
from web.texts import N_, _

blueprint = Blueprint("jobs", __name__)
PAGE = 40
KINDS = {"prediction": N_("works"), "training": N_("trainings"), "ingest": N_("data sets")}
LANES = {"prediction": ("interactive",), "training": ("training",), "ingest": ("ingest",)}
ACTIONS: Mapping[str, Callable[[str], Job]] = {
    "cancel": steering.cancel,
    "stop": steering.stop,
    "pause": steering.pause,
    "resume": steering.resume,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A job in the list."""

    job: Job
    title: str
    standing: Standing
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
    return render_template(
        "jobs.html",
        rows=[Row(job, titles[job.id], standing.of(job), small.get(job.id, "")) for job in page],
        kinds={name: _(title) for name, title in KINDS.items()},
        wanted=wanted if lanes else "",
        open=views.open_counts(db, OWNER),
        more=url_for("jobs.index", cursor=following, kind=wanted or None) if following else None,
    )


@blueprint.get("/jobs/<job_id>")
def page(job_id: str) -> Response | str:
    """One job; with ``part`` what changes while it runs, with ``on`` on to its report once that is there."""
    job = jobs.get(services().db, job_id, OWNER)
    found = job_view.result(job) if "on" in request.args and "part" not in request.args else ""
    if found:
        return redirect(url_for("works.page", artifact_id=found), 303)
    return _page(job)


def _page(job: Job) -> str:
    template = "job_live.html" if "part" in request.args else "job.html"
    return render_template(template, **job_view.context(job))


@blueprint.get("/jobs/<job_id>/made")
def made(job_id: str) -> str:
    """What one job made or is about to make, for the wall beside the form."""
    job = jobs.get(services().db, job_id, OWNER)
    count = job.input.get("count", 1)
    return render_template(
        "made.html",
        job=job,
        standing=standing.of(job),
        works=job_view.hung(job),
        waiting=min(count, 16) if isinstance(count, int) else 1,
    )


@blueprint.post("/jobs/<job_id>/<any(cancel, stop, pause, resume):action>")
def steer(job_id: str, action: str) -> Response | str:
    """Cancel, stop, pause or resume from a page."""
    check_form_token()
    try:
        ACTIONS[action](job_id)
    except Conflict as error:
        return _told(job_id, error)
    return redirect(_back(job_id), 303)


@blueprint.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> Response | str:
    """Try a failed or canceled job again; on to the new one."""
    check_form_token()
    try:
        again = steering.retry(job_id)
    except Conflict as error:
        return _told(job_id, error)
    return redirect(url_for("jobs.page", job_id=again.id), 303)


@blueprint.post("/jobs/<job_id>/priority")
def prioritize(job_id: str) -> Response | str:
    """Move a waiting job within its lane."""
    check_form_token()
    try:
        wanted = forms.whole(request.form.get("priority", "").strip(), "priority", _("Priority"))
        steering.set_priority(job_id, wanted)
    except (Conflict, InvalidInput) as error:
        return _told(job_id, error)
    return redirect(url_for("jobs.page", job_id=job_id), 303)


def _told(job_id: str, error: AtelierError) -> str:
    g.notices = [error.message]
    return _page(jobs.get(services().db, job_id, OWNER))


def _back(job_id: str) -> str:
    return (
        url_for("jobs.index") if request.form.get("back") == "list" else url_for("jobs.page", job_id=job_id)
    )


def _first_thumbnails(page: list[Job]) -> dict[str, str]:
    done = [job.id for job in page if job.state is State.SUCCEEDED]
    small = views.thumbnails(services().db, done, (0,))
    found = {job_id: identifier for (job_id, _position), identifier in small.items()}
    running = [job.id for job in page if job.lane == "training"]
    previews = views.files_of_jobs(services().db, running, ("preview", "grid", "thumbnail"))
    return found | {job_id: files[-1].id for job_id, files in previews.items()}
