"""A data set judged picture by picture: counts that add up, a table that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadFile
from tests.unit.families.art_cnn.support import (
    VERSION,
    answers,
    files_of,
    labelled,
    make_items,
    make_request,
    report_of,
)
from worker.families.art_cnn.loaded import LoadedJudge
from worker.families.art_cnn.survey import MOST_ROWS, _products, table
from worker.family import Dataset, Item, Product


def survey(judge: LoadedJudge, items: list[Item]) -> list[Product]:
    return files_of(judge, make_request("survey", datasets={"dataset": Dataset("Some", "0" * 64, items)}))


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf"), "a spreadsheet takes it for UTF-8"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def told(name: str, best: str = "calm", *, sure: bool = True) -> dict[str, Any]:
    classes = [{"name": best, "probability": 0.75}, {"name": "other", "probability": 0.25}]
    return {"name": name, "title": name, "classes": classes, "sure": sure}


def test_unseen_pictures_are_counted_by_kind(judge: LoadedJudge, tmp_path: Path) -> None:
    items = make_items(tmp_path, 12, seed=700)
    products = survey(judge, items)
    assert {one.role: one.media_type for one in products} == {
        "output": "application/json", "table": "text/csv", "thumbnail": "image/webp",
    }  # fmt: skip
    report = report_of(products)
    assert report["kind"] == "picture_survey" and report["count"] == 12 == len(report["rows"])
    style = report["heads"][0]
    assert style["name"] == "style" and style["accuracy"] >= 10 / 12
    assert sum(style["counts"].values()) + style["unsure"] == 12
    by_hand = Counter(row["style"]["name"] for row in report["rows"] if row["style"]["sure"])
    assert style["counts"] == dict(by_hand)
    first = report["rows"][0]
    assert first["work"] == {"hash": items[0].hash, "name": items[0].name, "labels": items[0].labels}
    assert 0 <= first["style"]["probability"] <= 1


def test_the_table_says_the_same_as_the_report(judge: LoadedJudge, tmp_path: Path) -> None:
    products = survey(judge, make_items(tmp_path, 5, seed=710))
    header, *rows = rows_of(products[1].data)
    assert header == [
        "file", "style", "style_probability", "style_sure", "light", "light_probability", "light_sure",
    ]  # fmt: skip
    for row, one in zip(rows, report_of(products)["rows"], strict=True):
        assert row[0] == one["work"]["name"]
        for place, head in ((1, "style"), (4, "light")):
            assert row[place] == one[head]["name"] and float(row[place + 1]) == one[head]["probability"]
            assert row[place + 2] == ("yes" if one[head]["sure"] else "no")


def test_its_recipe_makes_it_again(judge: LoadedJudge, tmp_path: Path) -> None:
    items = make_items(tmp_path, 3, seed=720)
    first, second = survey(judge, items), survey(judge, items)
    assert [one.data for one in first] == [one.data for one in second]
    recipe = first[0].recipe
    assert recipe is not None
    assert (recipe["operation"], recipe["version"]) == ("survey", VERSION)
    assert recipe["input"] == {"dataset": "named"}


def test_pictures_without_labels_have_no_accuracy(stranger: LoadedJudge, tmp_path: Path) -> None:
    items = [Item(one.path, one.name) for one in make_items(tmp_path, 3)]
    report = report_of(survey(stranger, items))
    assert [head["accuracy"] for head in report["heads"]] == [None, None]
    assert report["rows"][0]["work"] == {"hash": "", "name": items[0].name, "labels": {}}


def test_a_data_set_of_none_is_an_empty_report(stranger: LoadedJudge) -> None:
    products = survey(stranger, [])
    report = report_of(products)
    assert (report["count"], report["heads"], report["rows"]) == (0, [], [])
    assert [one.role for one in products] == ["output", "table"]
    assert rows_of(products[1].data) == [["file"]]


def test_a_picture_that_cannot_be_read_fails_this_request_alone(
    stranger: LoadedJudge, tmp_path: Path
) -> None:
    good, bad = make_items(tmp_path / "good", 3), make_items(tmp_path / "bad", 3)
    bad[2].path.write_bytes(b"MThd no picture")
    requests = [
        make_request("survey", datasets={"dataset": Dataset("x", "0" * 64, items)}) for items in (bad, good)
    ]
    failed, made = answers(stranger, *requests)
    assert isinstance(failed, BadFile) and bad[2].name in failed.message
    assert isinstance(made, list) and report_of(made)["count"] == 3


def test_the_report_shows_the_first_and_the_table_all() -> None:
    items = labelled(*[{}] * (MOST_ROWS + 7))
    request = make_request("survey", datasets={"dataset": Dataset("x", "0" * 64, items)})
    products = _products(request, items, [[told("style")]] * len(items), [])
    report = report_of(products)
    assert report["count"] == MOST_ROWS + 7 and len(report["rows"]) == MOST_ROWS
    assert len(rows_of(products[1].data)) == MOST_ROWS + 8
    assert report["heads"][0]["counts"] == {"calm": MOST_ROWS + 7}


def test_a_label_called_work_hides_no_work() -> None:
    items = labelled({"work": "calm"}, {"work": "wild"})
    request = make_request("survey", datasets={"dataset": Dataset("x", "0" * 64, items)})
    report = report_of(_products(request, items, [[told("work")], [told("work", sure=False)]], []))
    assert [row["work"]["name"] for row in report["rows"]] == ["0.png", "1.png"]
    assert report["heads"][0] == {
        "name": "work", "title": "work", "counts": {"calm": 1}, "unsure": 1, "accuracy": 0.5,
    }  # fmt: skip


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")')


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    (item,) = labelled({})
    named = Item(item.path, formula, 1, 1)
    header, row = rows_of(table([named], [[told(formula, formula)]]))
    assert header == ["file", *(f"'{formula}{end}" for end in ("", "_probability", "_sure"))]
    assert row == [f"'{formula}", f"'{formula}", "0.75", "yes"]


def test_names_in_any_script_and_with_any_mark_come_through() -> None:
    names = ["雨, 浮世絵.png", 'a "quoted" one.png', "two\nlines.png", "naïve–ü.png", " space.png", ""]
    items = [Item(Path("x"), name) for name in names]
    rows = rows_of(table(items, [[told("気分", "穏やか")]] * len(names)))
    assert [row[0] for row in rows[1:]] == names and rows[0][1] == "気分" and rows[1][1] == "穏やか"


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=8))
def test_every_row_has_its_cells_and_none_begins_a_formula(cells: list[tuple[str, str]]) -> None:
    cells = [(a.replace("\ud800", ""), b) for a, b in cells]
    try:
        "".join(a + b for a, b in cells).encode()
    except UnicodeEncodeError:
        return
    items = [Item(Path("x"), name) for name, _ in cells]
    _, *rows = rows_of(table(items, [[told("kind", best)] for _, best in cells]))
    assert len(rows) == len(cells)
    for row, (name, best) in zip(rows, cells, strict=True):
        assert row[0] in (name, f"'{name}") and row[1] in (best, f"'{best}")
        assert not any(cell[:1] in tuple("=+-@\t\r\n") and cell for cell in row)
