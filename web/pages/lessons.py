"""What can be learned from a data set: a painter, an analyser, a muse; what its labels are too few for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.catalogue import FamilyDescription
from shared.datasets import Dataset
from shared.jobs import Job
from shared.library import Model, list_models, slug
from shared.media import MUSIC, PAINTING
from web import forms
from web.context import services
from web.learners import families_for
from web.roles import ANALYSER, MAKER, MUSE, role
from web.texts import N_, _, ngettext

#: Works that a class needs at least, so that some are left to learn from and some to test with.
LEAST = 4
#: Classes that a warning names.
_NAMED = 6
_TITLES: Mapping[tuple[str, str], str] = {
    (MAKER, PAINTING): N_("Train a painter"),
    (MAKER, MUSIC): N_("Train a composer"),
    (ANALYSER, PAINTING): N_("Train an analyser"),
    (MUSE, PAINTING): N_("Make a muse"),
    (MUSE, MUSIC): N_("Make a muse"),
}
#: Letters of a title before a number, so that the name made of it keeps the number.
_BEFORE_NUMBER = 50
#: What a model is called by its purpose, so that two learned from one data set have two names.
_NAMES: Mapping[str, str] = {ANALYSER: N_("%(name)s, analyser"), MUSE: N_("%(name)s, muse")}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A family that learns from the data set: what that is called, what comes of it, and its form."""

    title: str
    text: str
    url: str


def of(dataset: Dataset) -> list[Lesson]:
    """What can be learned from a data set, new works first."""
    return [
        Lesson(
            title=title(family, dataset),
            text=_(family.description),
            url=url_for("train.page", dataset_id=dataset.id, family=family.name),
        )
        for family in families_for(dataset)
    ]


def title(family: FamilyDescription, dataset: Dataset) -> str:
    """What it is called to let a family learn from a data set."""
    known = _TITLES.get((role(family), dataset.media))
    return _(known) if known else _("Train %(family)s", family=_(family.title))


def model_title(family: FamilyDescription, dataset: Dataset) -> str:
    """What the model is called unless somebody names it: no other model's name, for that one would get a new
    version.
    """
    known = _NAMES.get(role(family))
    wanted = _(known, name=dataset.name) if known else dataset.name
    taken = {model.name for model in list_models(services().db)}
    if slug(wanted) not in taken:
        return wanted
    numbered = (f"{wanted[:_BEFORE_NUMBER].rstrip()} {number}" for number in range(2, len(taken) + 3))
    return next((one for one in numbered if slug(one) not in taken), wanted)


def called(model: Model) -> str:
    """What to give as the name so that a training becomes a version of this model."""
    return model.title if slug(model.title) == model.name else model.name


def form_again(job: Job, model: Model | None) -> str:
    """The form of a training, filled in as it was."""
    values: dict[str, Any] = forms.address(job.input)
    values.pop("dataset", None)
    values |= {"dataset_id": job.input.get("dataset", ""), "family": job.family, "version": job.version_id}
    values |= {} if model is None else {"title": called(model)}
    return url_for("train.page", **values)


def warnings(dataset: Dataset) -> list[str]:
    """Why an analyser would learn less from the labels than one may hope; none where none can be trained."""
    if not any(role(family) == ANALYSER for family in families_for(dataset)):
        return []
    columns = dataset.report.get("labels")
    known = columns if isinstance(columns, dict) else {}
    found = [told for column, facts in known.items() for told in _warnings(str(column), facts)]
    if not known:
        return [
            _(
                "No work has a label, so there is nothing that an analyser could learn: put the pictures "
                "into a folder for each class, or a labels.csv into the zip."
            )
        ]
    return found


def _warnings(column: str, facts: object) -> list[str]:
    values = facts.get("values") if isinstance(facts, dict) else None
    if not isinstance(values, dict) or not values:
        return []
    if len(values) == 1:
        (name,) = values
        told = _(
            "%(column)s has one class only, %(name)s: there is nothing to tell apart.",
            column=column,
            name=name,
        )
        return [told]
    few = [str(name) for name, count in values.items() if isinstance(count, int) and count < LEAST]
    if not few:
        return []
    named = ", ".join(few[:_NAMED]) + (" …" if len(few) > _NAMED else "")
    return [
        ngettext(
            "%(column)s: %(num)s class has fewer than %(least)s works and cannot be learned: %(names)s.",
            "%(column)s: %(num)s classes have fewer than %(least)s works and cannot be learned: %(names)s.",
            len(few),
            column=column,
            least=LEAST,
            names=named,
        )
    ]
