"""What a job is called in lists and headings."""

from collections.abc import Mapping, Sequence

from shared.errors import NotFound
from shared.jobs import Job
from shared.media import MUSIC
from shared.views import model_titles
from web.context import services
from web.roles import makes_works
from web.texts import N_, _
from web.words import counted

#: How these are called where they make pictures; families of music mean something else by the same names.
_DONE: Mapping[str, str] = {
    "mix": N_("A mix, %(model)s"),
    "interpolate": N_("A walk, %(model)s"),
    "neighbours": N_("Variations, %(model)s"),
}


def job_titles(jobs: Sequence[Job]) -> dict[str, str]:
    """Titles of jobs, by id."""
    models = model_titles(services().db, {job.model_id for job in jobs if job.model_id})
    return {job.id: title(job, models.get(job.model_id or "", "")) for job in jobs}


def title(job: Job, model: str) -> str:
    """A job's title: “Training “Edo prints””, “4 pictures, Edo prints”, “Continue, Chorales”."""
    if job.lane == "training":
        return _("Training “%(model)s”", model=model)
    if job.lane == "ingest":
        return _("Data set “%(name)s”", name=job.input.get("name", ""))
    media, named = _operation(job)
    if job.operation in _DONE and media != MUSIC:
        return _(_DONE[job.operation], model=model)
    if named:
        return _("%(what)s, %(model)s", what=_(named), model=model)
    count = job.input.get("count", 1)
    made = counted(count if isinstance(count, int) else 1, media)
    return _("%(pictures)s, %(model)s", pictures=made, model=model)


def _operation(job: Job) -> tuple[str, str]:
    """The media of a job's family, and the title of what it does unless that is simply making new works."""
    try:
        family = services().moment.family(job.family)
    except NotFound:
        return "", ""
    serving = [operation for operation in family.operations if operation.needs == "version"]
    told = serving[1:] if makes_works(family) else serving
    title = next((one.title for one in told if one.name == job.operation), "")
    return family.media, title
