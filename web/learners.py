"""Which families learn from a data set, and which data set a request means."""

from collections.abc import Mapping
from typing import Any

from shared import datasets
from shared.catalogue import FamilyDescription, list_families
from shared.datasets import Dataset
from shared.errors import InvalidInput, NotFound
from shared.media import MEDIA
from web.context import OWNER, services
from web.roles import ANY, makes_works


def families_for(dataset: Dataset) -> list[FamilyDescription]:
    """The families that learn from works of this kind; without one, those that say nothing of the kind.

    Those that make works come first, those that learn from works of every kind last.
    """
    able = [
        family
        for family in list_families(services().db)
        if any(one.needs == "dataset" for one in family.operations)
    ]
    fitting = [family for family in able if family.media == dataset.media]
    fitting = fitting or [family for family in able if family.media not in MEDIA | {ANY}]
    fitting.sort(key=lambda family: not makes_works(family))
    return fitting + [family for family in able if family.media == ANY]


def makers_for(dataset: Dataset) -> list[FamilyDescription]:
    """Those of them that make works; where none does, all."""
    able = families_for(dataset)
    return [family for family in able if makes_works(family)] or able


def named_dataset(given: Mapping[str, Any]) -> Dataset | None:
    """The data set of a training's input, by its id or else its name, the newest of that name; None when the
    input names none.

    Raises:
        InvalidInput: there is no such data set.
    """
    wanted = given.get("dataset")
    return find_dataset(wanted, "dataset") if isinstance(wanted, str) and wanted else None


def find_dataset(wanted: str, field: str) -> Dataset:
    """The data set with that id, or else that name, the newest of that name.

    Raises:
        InvalidInput: ``field`` names none (``unknown_dataset``).
    """
    try:
        return datasets.get_dataset(services().db, wanted, OWNER)
    except NotFound:
        known = datasets.list_datasets(services().db, OWNER)
    found = next((one for one in known if one.name == wanted), None)
    if found is None:
        raise InvalidInput(
            f"{field}: there is no data set {wanted[:80]!r}", field=field, code="unknown_dataset"
        )
    return found


def check_media(family: FamilyDescription, dataset: Dataset) -> None:
    """Raises InvalidInput (``wrong_media``) when the family does not learn from works of this kind."""
    if family.media in MEDIA and family.media != dataset.media:
        raise InvalidInput(
            f"{family.title} learns from {family.media}; “{dataset.name}” holds {dataset.media}.",
            field="dataset",
            code="wrong_media",
        )
