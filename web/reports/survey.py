"""A folder of pictures that was looked through: a table, a page at a time, and what there is of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.bars import Bar, head_title
from web.reports.named import Named, Names
from web.reports.reading import Report
from web.reports.values import label, mapping, mappings, number, share, text, whole
from web.texts import _
from web.words import share as per_cent

#: Rows of one page of the table.
PAGE = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """An answer for one picture."""

    name: str
    said: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One picture with an answer to each question."""

    work: Named
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: how many pictures got which answer or none; ``trust``: how many labels agree."""

    title: str
    bars: list[Bar]
    unsure: str
    trust: str


@dataclass(frozen=True, slots=True)
class Survey:
    """All of it; ``table`` is the CSV file's id, ``before`` and ``after`` where other pages begin."""

    count: int
    questions: list[Question]
    rows: list[Row]
    listed: int
    table: str
    before: int | None
    after: int | None


def of(report: Report, start: int = 0) -> Survey:
    """A report as it is shown, its table from the row ``start`` on."""
    told = report.data
    asked = [one for one in mappings(told.get("heads"), 12) if text(one.get("name"))]
    rows = mappings(told.get("rows"), 500)
    start = max(0, min(start, len(rows)))
    shown = rows[start : start + PAGE]
    names = Names(shown)
    table = report.around.get("table")
    return Survey(
        count=whole(told.get("count")) or len(rows),
        questions=[_question(one, whole(told.get("count")) or len(rows)) for one in asked],
        rows=[
            Row(names.of(one.get("work")), [_cell(one.get(text(head["name"]))) for head in asked])
            for one in shown
        ],
        listed=len(rows),
        table="" if table is None else table.id,
        before=max(0, start - PAGE) if start else None,
        after=start + PAGE if start + PAGE < len(rows) else None,
    )


def _question(one: Mapping[str, Any], count: int) -> Question:
    counts = {
        text(name): found
        for name, value in mapping(one.get("counts")).items()
        if (found := whole(value)) is not None and text(name)
    }
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]
    unsure, accuracy = whole(one.get("unsure")), share(one.get("accuracy"))
    return Question(
        title=head_title(one),
        bars=[Bar(label(name), round(100 * value / max(count, 1), 1), str(value)) for name, value in most],
        unsure="" if unsure is None else _("not sure: %(n)s", n=unsure),
        trust="" if accuracy is None else _("agrees with %(share)s of the labels", share=per_cent(accuracy)),
    )


def _cell(told: Any) -> Cell:
    one = mapping(told)
    probability = number(one.get("probability"))
    return Cell(
        label(one.get("name")), "" if probability is None else per_cent(probability), one.get("sure") is True
    )
