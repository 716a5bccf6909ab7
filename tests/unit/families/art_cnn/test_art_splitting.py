"""What is learned from and what is kept back: of each class, the same whatever the seed, kinds together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from tests.unit.families.art_cnn.support import labelled
from worker.families.art_cnn.labels import heads_of, targets_of
from worker.families.art_cnn.splitting import Split, split_of
from worker.family import Item


def split(items: list[Item], share: float = 0.25, together: str = "", wanted: str = "kind") -> Split:
    return split_of(items, targets_of(items, heads_of(items, wanted)), share, together)


def kinds(count: int, **more: str) -> list[Item]:
    """Three kinds, one of them twice as common."""
    return labelled(*({"kind": "aabc"[place % 4], **more} for place in range(count)))


def test_a_share_of_every_class_is_kept_back() -> None:
    items = kinds(64)
    found = split(items)
    held = [items[place].labels["kind"] for place in found.valid.tolist()]
    assert {kind: held.count(kind) for kind in "abc"} == {"a": 8, "b": 4, "c": 4}
    assert sorted([*found.train.tolist(), *found.valid.tolist()]) == list(range(64))


def test_of_few_at_least_one_is_kept_back_and_one_learned() -> None:
    items = labelled(*({"kind": "ab"[place % 2]} for place in range(12)))
    for share in (0.05, 0.5):
        found = split(items, share)
        for kind in "ab":
            sides = [{items[n].labels["kind"] for n in side.tolist()} for side in (found.train, found.valid)]
            assert all(kind in side for side in sides)


def test_it_does_not_depend_on_the_order_beyond_the_names() -> None:
    first, second = split(kinds(40)), split(kinds(40))
    assert first.valid.tolist() == second.valid.tolist() == sorted(first.valid.tolist())
    assert first.train.tolist() == sorted(first.train.tolist())


def test_pictures_of_one_group_stay_on_one_side() -> None:
    items = labelled(
        *({"kind": "ab"[place % 2], "artist": f"artist {place % 2}-{place % 10}"} for place in range(60))
    )
    found = split(items, 0.3, "artist")
    learned = {items[place].labels["artist"] for place in found.train.tolist()}
    tested = {items[place].labels["artist"] for place in found.valid.tolist()}
    assert not learned & tested and len(tested) >= 2
    assert split(items, 0.3).valid.tolist() != found.valid.tolist()


def test_pictures_without_the_label_are_on_their_own() -> None:
    items = labelled(*({"kind": "ab"[n % 2], **({"artist": "x"} if n < 10 else {})} for n in range(40)))
    found = split(items, 0.25, "artist")
    assert len({place < 10 for place in found.train.tolist()}) == 2
    assert set(range(10)) <= set(found.train.tolist()) or set(range(10)) <= set(found.valid.tolist())


def test_equal_names_of_files_are_two_pictures() -> None:
    items = [Item(one.path, "same.png", 48, 48, one.labels) for one in kinds(40)]
    found = split(items)
    assert len(found.valid) == 5 + 2 + 2 and len(found.train) == 31


def test_a_label_that_no_picture_has_keeps_nothing_together() -> None:
    with pytest.raises(InvalidInput) as caught:
        split(kinds(40), 0.25, "artsit")
    assert (caught.value.code, caught.value.field) == ("unknown_label", "together")
    assert "artsit" in caught.value.message


@pytest.mark.parametrize("together", ["kind", "all"])
def test_when_nothing_is_left_to_test_with_it_is_told(together: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        split(kinds(40, all="one"), 0.25, together)
    assert (caught.value.code, caught.value.field) == ("one_group", "together")


GROUPS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "u", "v", "w"])), min_size=24)


@given(GROUPS, st.floats(0.05, 0.5))
def test_the_two_sides_share_nothing_and_miss_nothing(rows: list[tuple[str, str]], share: float) -> None:
    items = labelled(*({"kind": kind, "group": group} for kind, group in rows))
    try:
        found = split(items, share, "group")
    except InvalidInput as error:
        assert error.code in ("one_class", "one_group", "unknown_label")
        return
    train, valid = found.train.tolist(), found.valid.tolist()
    assert train and valid and sorted(train + valid) == list(range(len(items)))
    sides = [{items[place].labels["group"] for place in side} - {""} for side in (train, valid)]
    assert not sides[0] & sides[1]
