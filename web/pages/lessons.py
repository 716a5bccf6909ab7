"""What can be learned from a data set: a painter, an analyser, a muse; what its labels are too few for."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from shared.catalogue import FamilyDescription
from shared.datasets import Dataset
from shared.media import MUSIC, PAINTING
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
    """What the model is called unless somebody names it."""
    known = _NAMES.get(role(family))
    return _(known, name=dataset.name) if known else dataset.name


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
