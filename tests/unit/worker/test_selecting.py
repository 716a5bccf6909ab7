"""The part of a data set that a training learns from."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import InvalidInput
from worker.family import Item
from worker.selecting import with_label


def halves() -> list[Item]:
    """Sixteen items, half of one kind, half of the other."""
    return [Item(Path(f"{n}.png"), f"{n}.png", labels={"kind": "ab"[n % 2], "place": "x"}) for n in range(16)]


def test_only_keeps_a_part_and_says_what_there_is() -> None:
    items = halves()
    kept = with_label(items, "kind = a", what="picture")
    assert [one.labels["kind"] for one in kept] == ["a"] * 8
    assert with_label(items, "kind=A", what="picture") == kept, "as it is shown, or as it is stored"
    assert with_label(items, "", what="picture") is items
    unknown = [("kind=z", "kind=a, kind=b"), ("kind", "'kind'"), ("tempo=a", "'tempo=a'"), ("tempo=", "o=")]
    for only, word in unknown:
        with pytest.raises(InvalidInput, match=word) as caught:
            with_label(items, only, what="picture", code="unknown_label")
        assert (caught.value.code, caught.value.field) == ("unknown_label", "only")


def test_what_an_item_is_and_the_usual_code_are_told() -> None:
    with pytest.raises(InvalidInput, match="No work has the label") as caught:
        with_label(halves(), "kind=z", what="work")
    assert caught.value.code == "invalid_input"
