"""Which labels become heads, which class a picture has, and what cannot be learned."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadFile, InvalidInput
from tests.unit.families.art_cnn.support import labelled, make_items
from worker.families.art_cnn.labels import (
    FEWEST_OF_A_CLASS,
    MOST_CLASSES,
    MOST_FOUND_CLASSES,
    MOST_HEADS,
    UNKNOWN,
    Head,
    heads_of,
    targets_of,
)
from worker.families.art_cnn.pictures import load_pictures, middle_side, read_levels
from worker.family import Item


def halves(name: str = "kind", count: int = 16, **more: str) -> list[Item]:
    """Half of them is a, half b."""
    return labelled(*({name: "ab"[place % 2], **more} for place in range(count)))


def refused(items: list[Item], wanted: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        heads_of(items, wanted)
    return caught.value


def test_every_column_that_can_be_learned_becomes_a_head_the_simplest_first() -> None:
    items = labelled(
        *(
            {"style": "abc"[place % 3], "warm": "yn"[place % 2], "title": f"t{place}", "school": "one"}
            for place in range(24)
        )
    )
    assert heads_of(items, "") == (Head("warm", ("n", "y")), Head("style", ("a", "b", "c")))


def test_named_labels_come_in_the_order_asked_and_once() -> None:
    items = labelled(*({"b": "xy"[place % 2], "a": "uv"[place % 2]} for place in range(12)))
    assert [head.name for head in heads_of(items, " b, a ,b,,")] == ["b", "a"]
    assert [head.name for head in heads_of(items, "a")] == ["a"]


def test_a_rare_class_is_no_answer() -> None:
    rare = {"kind": "rare"}
    items = halves() + labelled(*[rare] * (FEWEST_OF_A_CLASS - 1))
    assert heads_of(items, "kind")[0].classes == ("a", "b")
    assert heads_of([*items, *labelled(rare)], "kind")[0].classes == ("a", "b", "rare")


def test_a_column_on_few_pictures_is_learned_only_when_it_is_named() -> None:
    items = halves("rare", 8) + halves("kind", 32)
    assert [head.name for head in heads_of(items, "")] == ["kind"]
    assert [head.name for head in heads_of(items, "rare")] == ["rare"]


def test_names_of_pictures_tell_no_kind_but_may_be_asked_for() -> None:
    many = [{"number": f"n{place // 4}"} for place in range(4 * (MOST_FOUND_CLASSES + 1))]
    assert refused(labelled(*many), "").code == "no_labels"
    assert len(heads_of(labelled(*many), "number")[0].classes) == MOST_FOUND_CLASSES + 1


@pytest.mark.parametrize(
    ("items", "wanted", "code", "field", "word"),
    [
        (halves(count=2), "kind", "too_few_pictures", "dataset", "2 pictures"),
        (halves(count=11), "", "too_few_pictures", "dataset", "12"),
        ([], "", "too_few_pictures", "dataset", "0 pictures"),
        (halves(), "tempo", "unknown_label", "labels", "kind"),
        (halves(), "kind, tempo", "unknown_label", "labels", "tempo"),
        (labelled(*[{}] * 12), "kind", "unknown_label", "labels", "none"),
        (labelled(*[{"kind": "a"}] * 20), "kind", "one_class", "labels", "1 classes"),
        (labelled(*[{"kind": "a"}] * 20), "", "no_labels", "dataset", "labels.csv"),
        (labelled(*({"kind": f"k{n}"} for n in range(20))), "kind", "one_class", "labels", "0 classes"),
        (labelled(*[{}] * 12), "", "no_labels", "dataset", "folders"),
        (
            labelled(*({"kind": f"k{n // 4}"} for n in range(4 * (MOST_CLASSES + 1)))),
            "kind", "too_many_classes", "labels", str(MOST_CLASSES),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_told_beside_its_field(
    items: list[Item], wanted: str, code: str, field: str, word: str
) -> None:
    error = refused(items, wanted)
    assert (error.code, error.field, error.retryable) == (code, field, False)
    assert word in error.message


def test_there_are_at_most_so_many_heads() -> None:
    names = [f"label{place:02d}" for place in range(MOST_HEADS + 3)]
    items = labelled(*(dict.fromkeys(names, "ab"[place % 2]) for place in range(12)))
    assert [head.name for head in heads_of(items, "")] == names[:MOST_HEADS]
    assert len(heads_of(items, ",".join(names))) == MOST_HEADS


def test_targets_are_places_of_classes_and_unknown_elsewhere() -> None:
    heads = (Head("kind", ("a", "b")), Head("light", ("day",)))
    items = labelled({"kind": "b", "light": "day"}, {"kind": "c"}, {}, {"kind": "a", "light": ""})
    assert targets_of(items, heads).tolist() == [[1, 0], [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN], [0, UNKNOWN]]
    assert targets_of([], heads).shape == (0, 2)


ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["kind", "雨", "=1+1"]), st.sampled_from(["a", "b", "ü", ""]), max_size=3
    ),
    min_size=12,
    max_size=60,
)


@given(ROWS)
def test_every_head_can_be_learned_and_every_target_is_its_label(rows: list[dict[str, str]]) -> None:
    items = labelled(*rows)
    try:
        heads = heads_of(items, "")
    except InvalidInput as error:
        assert error.code == "no_labels"
        return
    targets = targets_of(items, heads)
    for place, head in enumerate(heads):
        assert len(head.classes) >= 2 and list(head.classes) == sorted(set(head.classes))
        for item, target in zip(items, targets[:, place].tolist(), strict=True):
            label = item.labels.get(head.name)
            assert target == (head.classes.index(label) if label in head.classes else UNKNOWN)
        counts = [int((targets[:, place] == one).sum()) for one in range(len(head.classes))]
        assert min(counts) >= FEWEST_OF_A_CLASS


def test_the_middle_side_is_the_shorter_one_of_what_is_known() -> None:
    def sized(*sizes: tuple[int | None, int | None]) -> list[Item]:
        return [Item(Path("x"), "x", width, height) for width, height in sizes]

    assert middle_side(sized((100, 50), (300, 200), (80, 90))) == 80
    assert middle_side(sized((None, 7), (40, 30))) == 30
    assert middle_side(sized((None, None))) == 0 == middle_side([])


def test_pictures_come_as_squares_in_order(tmp_path: Path) -> None:
    items = make_items(tmp_path, 5)
    found = load_pictures(items, 64)
    assert found.shape == (5, 3, 64, 64)
    for place, item in enumerate(items):
        assert (found[place].permute(1, 2, 0).numpy() == read_levels(item.path)).all()


def test_a_file_that_is_no_picture_is_named_and_too_many_do_not_fit(tmp_path: Path) -> None:
    items = make_items(tmp_path, 3)
    items[1].path.write_bytes(b"no picture")
    with pytest.raises(BadFile, match=items[1].name):
        load_pictures(items, 64)
    items[1].path.unlink()
    with pytest.raises(BadFile, match=items[1].name):
        load_pictures(items, 64)
    with pytest.raises(InvalidInput) as caught:
        load_pictures(items * 20_000, 224)
    assert caught.value.field == "pixels"
