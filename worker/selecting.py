"""The part of a data set that a training learns from."""

from __future__ import annotations

from shared.errors import InvalidInput
from shared.labels import same_label
from worker.family import Item

#: So many labels of the data set are named beside one that is not there.
_HINTS = 12


def with_label(items: list[Item], only: str, *, what: str, code: str = InvalidInput.code) -> list[Item]:
    """The items with the label of ``only`` ("name=value"); all without.

    Raises:
        InvalidInput: (``code``) no item has it. ``what`` says what an item is.
    """
    if not only:
        return items
    name, _, value = (part.strip() for part in only.partition("="))
    found = [item for item in items if name in item.labels and same_label(item.labels[name], value)]
    if not found:
        known = sorted({f"{name}={item.labels[name]}" for item in items if name in item.labels})[:_HINTS]
        hint = f" The data set has: {', '.join(known)}." if known else ""
        raise InvalidInput(f"No {what} has the label {only!r}.{hint}", field="only", code=code)
    return found
