"""Models without a version: how the training of each ended or stands, and the ways on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import url_for

from shared import views
from shared.datasets import get_dataset
from shared.errors import NotFound
from shared.jobs import Job
from shared.library import Model
from shared.lifecycle import State
from web.context import OWNER, services
from web.pages import lessons
from web.texts import N_, _

#: By how its training ended: a few words, a heading and a sentence.
_ENDED: Mapping[State, tuple[str, str, str]] = {
    State.CANCELED: (
        N_("training canceled"),
        N_("Its training was canceled"),
        N_("It ended without a version, so there is nothing yet to make or ask something with."),
    ),
    State.FAILED: (
        N_("training failed"),
        N_("Its training failed"),
        N_("There is no version yet to make or ask something with. The page of the training says why."),
    ),
    State.SUCCEEDED: (
        N_("no version yet"),
        N_("Its training ended without a version of its own"),
        N_("What it learned was the same as a version that is here already."),
    ),
}


@dataclass(frozen=True, slots=True)
class Untaught:
    """How a model without a version stands; ``links`` are addresses and what they are called.

    ``training``: one waits or runs, after which there may be a version.
    """

    short: str
    title: str
    text: str
    links: list[tuple[str, str]]
    training: bool = False


def of(models: Iterable[Model]) -> dict[str, Untaught]:
    """How each of these models without a version stands, by its id."""
    wanted = list(models)
    found = views.latest_trainings(services().db, [model.id for model in wanted]) if wanted else {}
    return {model.id: _told(model, found.get(model.id)) for model in wanted}


def _told(model: Model, job: Job | None) -> Untaught:
    if job is None:
        said = _("A model is trained from a data set: choose or add one.")
        links = [(url_for("collections.index"), _("Data sets"))]
        return Untaught(_("not trained yet"), _("It has not been trained yet"), said, links)
    page = url_for("jobs.page", job_id=job.id)
    if not job.finished:
        return Untaught(
            _("being trained"),
            _("Its first training is not done yet"),
            _("When it ends, or when you stop it and keep the best, the model card is here."),
            [(page, _("See the training"))],
            training=True,
        )
    short, title, text = _ENDED[job.state]
    links = [(_again(job, model), _("Train it again")), (page, _("See the training"))]
    return Untaught(_(short), _(title), _(text), links)


def _again(job: Job, model: Model) -> str:
    """The form of the training as it was filled in; the data sets where its own or its family is gone."""
    try:
        get_dataset(services().db, str(job.input.get("dataset")), OWNER)
        services().moment.family(job.family)
    except NotFound:
        return url_for("collections.index")
    return lessons.form_again(job, model)
