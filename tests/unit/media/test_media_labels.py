"""Labels from tables as people export them, and from folders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from worker.media.labels import folder_labels, is_label_file, read_table
from worker.media.limits import Limits

LIMITS = Limits()


@pytest.mark.parametrize("name", ("labels.csv", "a/b/Labels.CSV", "metadata.csv"))
def test_label_files_are_known_by_name(name: str) -> None:
    assert is_label_file(name)
    assert not is_label_file(name + ".txt")


def test_labels_are_found_by_path_then_by_file_name() -> None:
    text = "file,style,year\nimg/a.jpg,ukiyo_e,1831\nb.jpg,realism,\n"
    table = read_table("set/labels.csv", text.encode(), LIMITS)
    assert table.find("set/img/a.jpg") == {"style": "ukiyo_e", "year": "1831"}
    assert table.find("set/img/b.jpg") == {"style": "realism"}
    assert table.find("set/img/c.jpg") == {}


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16"))
@pytest.mark.parametrize("separator", (",", ";", "\t"))
def test_tables_as_spreadsheets_write_them(encoding: str, separator: str) -> None:
    text = f"file_name{separator}\u753b\u98ce\r\na.png{separator}\u6d6e\u4e16\u7ed8\r\n"
    table = read_table("metadata.csv", text.encode(encoding), LIMITS)
    assert table.find("a.png") == {"\u753b\u98ce": "\u6d6e\u4e16\u7ed8"}


def test_one_file_name_with_two_meanings_is_found_by_path_only() -> None:
    text = "file,kind\nred/1.png,red\nblue/1.png,blue\n"
    table = read_table("labels.csv", text.encode(), LIMITS)
    assert table.find("red/1.png") == {"kind": "red"}
    assert table.find("blue/1.png") == {"kind": "blue"}
    assert table.find("green/1.png") == {}


def test_windows_paths_and_a_leading_dot_are_understood() -> None:
    table = read_table("labels.csv", b"file,kind\nred\\1.png,a\n./2.png,b\n", LIMITS)
    assert table.find("red/1.png") == {"kind": "a"}
    assert table.find("2.png") == {"kind": "b"}


def test_control_characters_and_long_values_are_cut() -> None:
    table = read_table("labels.csv", f'file,kind\na.png,"x\x07\x1b[31m{"y" * 300}"\n'.encode(), LIMITS)
    value = table.find("a.png")["kind"]
    assert len(value) == LIMITS.label_length
    assert value.isprintable()


def test_columns_beyond_the_cap_are_left_out() -> None:
    table = read_table("labels.csv", b"file,a,b,c\nx.png,1,2,3\n", replace(LIMITS, label_columns=2))
    assert table.find("x.png") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "no column"),
        (b"style,artist\nx,y\n", "no column"),
        (b"file,kind\n\xff\xfe\xfd", "UTF-8"),
        (b"file,kind\n" + b"a" * 200_000 + b",x\n", "not a table"),
        (b"file,kind\n" + b"a.png,x\n" * 20_001, "rows"),
        (bytes(9 << 20), "MiB"),
    ],
)
def test_what_cannot_be_used_is_told(data: bytes, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        read_table("labels.csv", data, LIMITS)


def test_a_row_with_too_many_or_too_few_cells_is_survived() -> None:
    table = read_table("labels.csv", b"file,a,b\nx.png,1\ny.png,1,2,3,4\n\n,5,6\n", LIMITS)
    assert table.find("x.png") == {"a": "1"}
    assert table.find("y.png") == {"a": "1", "b": "2"}


def test_folders_are_labels_when_there_are_two() -> None:
    names = ["set/cats/1.png", "set/cats/2.png", "set/dogs/1.png", "set/loose.png"]
    assert folder_labels(names) == {
        "set/cats/1.png": {"folder": "cats"},
        "set/cats/2.png": {"folder": "cats"},
        "set/dogs/1.png": {"folder": "dogs"},
    }


def test_nested_folders_keep_their_path() -> None:
    assert folder_labels(["a/x/1.png", "a/y/1.png"]) == {
        "a/x/1.png": {"folder": "x"},
        "a/y/1.png": {"folder": "y"},
    }
    found = folder_labels(["a/x/1.png", "b/1.png"])
    assert [labels["folder"] for labels in found.values()] == ["a/x", "b"]


@pytest.mark.parametrize("names", [[], ["1.png"], ["img/1.png", "img/2.png"], ["img/1.png", "2.png"]])
def test_one_folder_is_no_label(names: list[str]) -> None:
    assert folder_labels(names) == {}
