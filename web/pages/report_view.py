"""What the page of a report shows, by its kind."""

from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

from shared.catalogue import get_family
from shared.errors import NotFound
from shared.files import UPLOAD, Artifact, get_artifact
from shared.jobs import Job
from web import captions
from web.context import OWNER, services
from web.references import artifact_fields
from web.reports import advice, evaluation, inspiration, picture, reading, survey
from web.reports.reading import Report
from web.roles import ADVISE, INSPIRE
from web.takers import takers
from web.ways import asking

#: The share of works far away that the forms of "something like this" and "the opposite" ask for.
LIKE, OPPOSITE = 0.0, 1.0


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the work that a report is about leads: addresses, empty where there is no way; and its name."""

    name: str
    work: str
    like: str
    opposite: str
    advice: str


def context(report: Report, artifact: Artifact, job: Job) -> dict[str, Any]:
    """What its template shows of a report."""
    g.section = "muse" if report.kind in (reading.INSPIRATION, reading.ADVICE) else "analyze"
    onward = _onward(job)
    return {
        "kind": report.kind,
        "section": g.section,
        "report": _shown(report, onward),
        "onward": onward,
        "address": url_for("works.page", artifact_id=artifact.id),
    }


def _shown(report: Report, onward: Onward) -> Any:
    if report.kind == reading.PICTURE:
        return picture.of(report)
    if report.kind == reading.SURVEY:
        return survey.of(report, request.args.get("from", default=0, type=int))
    if report.kind == reading.EVALUATION:
        return evaluation.of(report)
    if report.kind == reading.INSPIRATION:
        return inspiration.of(report, onward.name)
    return advice.of(report)


def _onward(job: Job) -> Onward:
    """The ways on from the work that the job began from."""
    subject = _subject(job)
    if subject is None:
        return Onward("", "", "", "", "")
    muse = next((one for one in takers(INSPIRE) if one.takes(subject)), None)
    adviser = next((one for one in takers(ADVISE) if one.takes(subject)), None)
    return Onward(
        name=_name(subject),
        work="" if subject.role == UPLOAD or subject.job_id is None else _address(subject),
        like="" if muse is None else asking(muse, subject.id, far=LIKE),
        opposite="" if muse is None else asking(muse, subject.id, far=OPPOSITE),
        advice="" if adviser is None else asking(adviser, subject.id),
    )


def _name(subject: Artifact) -> str:
    """A file by its name, a work that was made here by how it came about."""
    if subject.role != "output" or not subject.recipe:
        return subject.name.rsplit("/", 1)[-1]
    recipe = subject.recipe
    return captions.caption(str(recipe.get("operation", "")), recipe.get("input", {}), subject.meta)


def _address(subject: Artifact) -> str:
    if subject.role == "output":
        return url_for("works.page", artifact_id=subject.id)
    return url_for("files.artifact", artifact_id=subject.id, inline=1)


def _subject(job: Job) -> Artifact | None:
    """The work or file that the job was given first; None where it was given none, or it is gone."""
    try:
        operation = get_family(services().db, job.family).operation(job.operation)
        given = (job.input.get(name) for name in artifact_fields(operation.input_schema))
        first = next((value for value in given if isinstance(value, str) and value), None)
        return None if first is None else get_artifact(services().db, first, OWNER)
    except NotFound:
        return None
