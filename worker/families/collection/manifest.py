"""What names a data set, and what is told about its making."""

from __future__ import annotations

from collections import Counter
from typing import Any

from shared.media import MUSIC
from worker.families.collection.pieces import sum_up
from worker.media.report import Kept, Report

MANIFEST_VERSION = 1
LONGEST_LIST = 1000
LONGEST_COLUMN = 50


def build_manifest(report: Report) -> dict[str, Any]:
    """The content of the data set, nothing of its making: equal works with equal labels give an equal
    manifest.

    Pictures count by the SHA-256 of their decoded pixels, music by that of its score, so another encoder
    version changes nothing.
    """
    return {
        "atelier_dataset": MANIFEST_VERSION,
        "media": report.media,
        "items": [
            {
                "name": kept.name,
                **_content(kept, report.media),
                "labels": dict(sorted(kept.labels.items())),
            }
            for kept in report.kept
        ],
    }


def content_name(media: str) -> str:
    """How the hash of a work's content is called where it is stored."""
    return "score_sha256" if media == MUSIC else "pixels_sha256"


def build_report(report: Report) -> dict[str, Any]:
    """What people are told, as JSON: counts of everything, lists up to a thousand entries, the label
    columns; of music also what it is, summed up, as ``music``.
    """
    lists = {
        "ignored": [vars(one) for one in report.ignored[:LONGEST_LIST]],
        "remarks": [vars(one) for one in report.remarks[:LONGEST_LIST]],
        "duplicates": [vars(one) for one in report.duplicates[:LONGEST_LIST]],
        "near_duplicates": [vars(one) for one in report.near_duplicates[:LONGEST_LIST]],
    }
    counts = {
        "kept": len(report.kept),
        "refused": len(report.refused),
        "ignored": len(report.ignored),
        "remarks": len(report.remarks),
        "duplicates": len(report.duplicates),
        "near_duplicates": len(report.near_duplicates),
    }
    told = {"counts": counts, "labels": label_columns(report), "label_source": report.label_source, **lists}
    if report.media == MUSIC:
        told["music"] = sum_up([kept.facts for kept in report.kept])
    return told


def label_columns(report: Report) -> dict[str, Any]:
    """Each label column with how many works carry it and, when few values occur, how often each does."""
    columns: dict[str, Counter[str]] = {}
    for kept in report.kept:
        for column, value in kept.labels.items():
            columns.setdefault(column, Counter())[value] += 1
    return {
        column: {
            "works": values.total(),
            "distinct": len(values),
            "values": dict(values.most_common()) if len(values) <= LONGEST_COLUMN else {},
        }
        for column, values in sorted(columns.items())
    }


def _content(kept: Kept, media: str) -> dict[str, Any]:
    content: dict[str, Any] = {content_name(media): kept.sha256}
    return content if media == MUSIC else {**content, "width": kept.width, "height": kept.height}
