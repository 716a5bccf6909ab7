"""One work, large: its recipe, its ancestors, and the ways on from it."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, json, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shared import jobs, library, views
from shared.errors import InvalidInput, NotFound
from shared.files import Artifact, get_artifact
from shared.jobs import Job
from shared.library import Model
from web import analyses, captions, pieces, ways
from web.captions import Hung
from web.context import OWNER, services
from web.pages import report_view
from web.pages.titles import title
from web.references import find_version
from web.reports import inspiration, reading
from web.security import check_form_token
from web.submission import predict

blueprint = Blueprint("works", __name__)
#: How far back the ancestors are followed.
GENERATIONS = 4


@dataclass(frozen=True, slots=True)
class Origin:
    """What made a work."""

    job: Job
    model: Model | None


@blueprint.get("/works/<artifact_id>")
def page(artifact_id: str) -> str:
    """The page."""
    artifact = get_artifact(services().db, artifact_id, OWNER)
    if artifact.role != "output" or artifact.job_id is None:
        raise NotFound(f"there is no work {artifact_id}")
    origin = origin_of(artifact.job_id)
    shown = _hang(artifact, origin)
    around = pieces.siblings(artifact)
    report = None if shown.kind != "report" else reading.read(artifact)
    return render_template(
        "work.html" if report is None else "report_page.html",
        work=shown,
        artifact=artifact,
        **({} if report is None else report_view.context(report, artifact, origin.job)),
        piece=pieces.of(artifact, shown.caption, around),
        # Of a piece without sound, which has no player.
        silent=pieces.downloads(artifact, around) if shown.kind == "piece" else (),
        heard=pieces.facts(artifact.meta) if shown.kind == "piece" else [],
        warning=pieces.warning(artifact.meta),
        analysis=analyses.read(artifact),
        job=origin.job,
        model=origin.model,
        job_title=title(origin.job, origin.model.title if origin.model else ""),
        moves=shown.kind == "picture" and origin.job.operation == "interpolate",
        ways=ways.on_from(artifact.id, origin.model, origin.job.version_id),
        recipe=json.dumps(recipe_of(artifact, origin.job), indent=2, sort_keys=True, ensure_ascii=False),
        generations=ancestors(origin.job),
    )


@blueprint.post("/works/<artifact_id>/proposals/<int:number>")
def make(artifact_id: str, number: int) -> Response | tuple[str, int]:
    """Make what a muse proposed: its recipe is read from the report, never from the request."""
    check_form_token()
    artifact = get_artifact(services().db, artifact_id, OWNER)
    report = reading.read(artifact)
    if report is None or report.kind != reading.INSPIRATION:
        raise NotFound(f"there is no board {artifact_id}")
    try:
        recipe = inspiration.recipe(report, number)
        version, model = find_version(recipe["version"])
        job = predict(version, model, str(recipe["operation"]), recipe["input"]).job
    except (InvalidInput, NotFound) as error:
        g.notices = [error.message]
        return page(artifact_id), error.status
    return redirect(url_for("jobs.page", job_id=job.id), 303)


def origin_of(job_id: str) -> Origin:
    """The job behind a work and its model. Raises NotFound."""
    job = jobs.get(services().db, job_id, OWNER)
    model = None if job.model_id is None else library.model_by_id(services().db, job.model_id)
    return Origin(job, model)


def recipe_of(artifact: Artifact, job: Job) -> dict[str, Any]:
    """What to submit to make the work again: the recipe in the file, else that of the whole job."""
    if artifact.recipe:
        return artifact.recipe
    return {"version": job.version_id, "operation": job.operation, "input": job.input}


def ancestors(job: Job) -> list[list[Hung]]:
    """The works that a job was made from, and those they were made from, the nearest first."""
    found: list[list[Hung]] = []
    seen: set[str] = set()
    wanted = _references(job.input)
    while wanted and len(found) < GENERATIONS:
        parents = [
            artifact
            for artifact in views.get_artifacts(services().db, wanted, OWNER)
            if artifact.id not in seen and artifact.job_id is not None
        ]
        seen |= {artifact.id for artifact in parents}
        origins = [origin_of(artifact.job_id) for artifact in parents if artifact.job_id is not None]
        if parents:
            found.append([_hang(artifact, origin) for artifact, origin in zip(parents, origins, strict=True)])
        wanted = [reference for origin in origins for reference in _references(origin.job.input)]
    return found


def _references(given: dict[str, Any]) -> list[str]:
    """The ids in an input that may be earlier works; a data set's id simply names no file."""
    values = [item for value in given.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, str) and len(value) == 26]


def _hang(artifact: Artifact, origin: Origin) -> Hung:
    made_by = origin.model.title if origin.model else ""
    return captions.one(artifact, pieces.siblings(artifact), made_by, origin.job.operation)
