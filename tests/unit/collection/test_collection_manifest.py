"""The manifest names content only; the report stays bounded however bad the upload was."""

from __future__ import annotations

import json
from dataclasses import replace

from worker.families.collection.manifest import LONGEST_LIST, build_manifest, build_report, label_columns
from worker.families.collection.pieces import sum_up
from worker.media.report import Kept, Refused, Remark, Report, Twin


def kept(name: str, **labels: str) -> Kept:
    return Kept(name, f"items/{name}", "image/png", "ab" * 32, {"format": "PNG"}, 64, 48, labels=labels)


def test_the_manifest_holds_content_and_nothing_of_its_making() -> None:
    report = Report(kept=[kept("a.png", b="2", a="1")], label_source="labels.csv")
    expected = {
        "name": "a.png",
        "pixels_sha256": "ab" * 32,
        "width": 64,
        "height": 48,
        "labels": {"a": "1", "b": "2"},
    }
    manifest = build_manifest(report)
    assert manifest == {"atelier_dataset": 1, "media": "painting", "items": [expected]}
    moved = replace(report.kept[0], path="items/9.jpg", media_type="image/jpeg", original={})
    assert build_manifest(Report(kept=[moved])) == manifest


def test_any_change_of_content_changes_the_manifest() -> None:
    base = kept("a.png", style="edo")
    manifests = [
        build_manifest(Report(kept=[one]))
        for one in (
            base,
            replace(base, name="b.png"),
            replace(base, sha256="cd" * 32),
            replace(base, width=65),
            replace(base, labels={"style": "new"}),
        )
    ]
    assert len({json.dumps(manifest, sort_keys=True) for manifest in manifests}) == 5


def test_a_piece_of_music_counts_by_its_score_and_has_no_size() -> None:
    facts: dict[str, object] = {
        "notes": 3,
        "bars": 1,
        "seconds": 1.5,
        "voices": None,
        "meter": None,
        "key": "C major",
    }
    facts |= {"quantisation": {"mean_ms": 2.0}}
    piece = Kept("a.mid", "items/0.mid", "audio/midi", "ab" * 32, {}, facts=facts, labels={"b": "1"})
    manifest = build_manifest(Report(media="music", kept=[piece]))
    item = {"name": "a.mid", "score_sha256": "ab" * 32, "labels": {"b": "1"}}
    assert manifest == {"atelier_dataset": 1, "media": "music", "items": [item]}
    moved = replace(piece, path="items/9.mid", original={"x": 1}, facts={})
    assert build_manifest(Report(media="music", kept=[moved])) == manifest


def test_music_is_summed_up_by_its_notes() -> None:
    def facts(notes: int, away: float, **more: object) -> dict[str, object]:
        known: dict[str, object] = {"voices": 4, "meter": "4/4", "key": "G major"}
        return {
            **known,
            "notes": notes,
            "bars": 2,
            "seconds": 3.25,
            "quantisation": {"mean_ms": away},
            **more,
        }

    pieces = [facts(30, 1.0), facts(10, 5.0, key=None), facts(0, 0.0, meter="3/4", voices=None)]
    assert sum_up(pieces) == {
        "bars": 6,
        "seconds": 9.8,
        "notes": 40,
        "off_grid_ms": 2.0,
        "voices": {"4": 2, "none": 1},
        "meters": {"4/4": 2, "3/4": 1},
        "keys": {"G major": 2, "none": 1},
    }
    many = [facts(1, 0.0, key=f"{number} major") for number in range(40)]
    assert len(sum_up(many)["keys"]) == 12


def test_only_music_is_summed_up() -> None:
    assert "music" not in build_report(Report(kept=[kept("a.png")]))


def test_label_columns_are_counted() -> None:
    items = [kept(f"{n}.png", style="edo" if n % 3 else "new", title=f"t{n}") for n in range(60)]
    columns = label_columns(Report(kept=[*items, kept("plain.png")]))
    assert columns["style"] == {"works": 60, "distinct": 2, "values": {"edo": 40, "new": 20}}
    assert columns["title"] == {"works": 60, "distinct": 60, "values": {}}


def test_the_report_is_plain_json_with_bounded_lists_and_full_counts() -> None:
    many = range(LONGEST_LIST + 500)
    report = Report(
        kept=[kept("a.png")],
        refused=[Refused(f"{n}", "c", "r") for n in many],
        ignored=[Remark(f"{n}", "c", "r") for n in many],
        remarks=[Remark("w", "odd_aspect", "r")],
        duplicates=[Twin(f"{n}", "a.png") for n in many],
        near_duplicates=[Twin("b", "a.png", 3)],
    )
    told = build_report(report)
    assert json.loads(json.dumps(told)) == told
    assert len(told["ignored"]) == len(told["duplicates"]) == LONGEST_LIST
    assert told["counts"]["ignored"] == told["counts"]["refused"] == LONGEST_LIST + 500
    assert told["near_duplicates"] == [{"name": "b", "of": "a.png", "distance": 3}]
