"""The manifest names content only; the report stays bounded however bad the upload was."""

from __future__ import annotations

import json
from dataclasses import replace

from worker.families.collection.manifest import LONGEST_LIST, build_manifest, build_report, label_columns
from worker.media.report import Kept, Refused, Remark, Report, Twin


def kept(name: str, **labels: str) -> Kept:
    return Kept(name, f"items/{name}", "image/png", 64, 48, "ab" * 32, {"format": "PNG"}, labels)


def test_the_manifest_holds_content_and_nothing_of_its_making() -> None:
    report = Report(kept=[kept("a.png", b="2", a="1")], label_source="labels.csv")
    expected = {
        "name": "a.png",
        "pixels_sha256": "ab" * 32,
        "width": 64,
        "height": 48,
        "labels": {"a": "1", "b": "2"},
    }
    manifest = build_manifest(report, "painting")
    assert manifest == {"atelier_dataset": 1, "media": "painting", "items": [expected]}
    moved = replace(report.kept[0], path="items/9.jpg", media_type="image/jpeg", original={})
    assert build_manifest(Report(kept=[moved]), "painting") == manifest


def test_any_change_of_content_changes_the_manifest() -> None:
    base = kept("a.png", style="edo")
    manifests = [
        build_manifest(Report(kept=[one]), "painting")
        for one in (
            base,
            replace(base, name="b.png"),
            replace(base, pixels_sha256="cd" * 32),
            replace(base, width=65),
            replace(base, labels={"style": "new"}),
        )
    ]
    assert len({json.dumps(manifest, sort_keys=True) for manifest in manifests}) == 5


def test_label_columns_are_counted() -> None:
    items = [kept(f"{n}.png", style="edo" if n % 3 else "new", title=f"t{n}") for n in range(60)]
    columns = label_columns(Report(kept=[*items, kept("plain.png")]))
    assert columns["style"] == {"pictures": 60, "distinct": 2, "values": {"edo": 40, "new": 20}}
    assert columns["title"] == {"pictures": 60, "distinct": 60, "values": {}}


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
