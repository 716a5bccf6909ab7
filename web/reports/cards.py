"""Model cards of those that make no works: how well an analyser judges, and what a muse knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.reports.bars import Bar, head_title
from web.reports.figures import Figures, Titles, sorted_out
from web.reports.values import label, mapping, mappings, number, numbers, share, text, texts, whole
from web.texts import N_, _
from web.words import duration, figure, works
from web.words import share as per_cent

Rows = list[tuple[str, str]]
JUDGE, MUSE = "art_cnn", "muse"
_LEARNED: Mapping[str, str] = {
    "heads": N_("its answers; the network below stayed as it was"),
    "last": N_("its answers and the last layers"),
    "all": N_("every layer"),
}
_NETWORKS: Mapping[str, str] = {"small": N_("a small network of its own"), "lite0": "EfficientNet-Lite0"}
#: A confusion matrix of more classes than this is not drawn.
MOST_CLASSES = 30
#: Shades of a cell, from none to all of a row.
_SHADES = 9


@dataclass(frozen=True, slots=True)
class Class:
    """A class of a head: how many works it was learned and tested with, and its figures."""

    name: str
    train: str
    valid: str
    precision: str
    recall: str
    f1: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How many works of the row's class were taken for the column's; ``shade`` is 0 to 9 of its row."""

    count: int
    shade: int


@dataclass(frozen=True, slots=True)
class JudgeHead:
    """One question that an analyser answers; ``confusion`` has a row for each true class."""

    title: str
    facts: Rows
    classes: list[Class]
    confusion: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Judge:
    """An analyser's card."""

    facts: Rows
    heads: list[JudgeHead]
    not_good_for: list[str]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A muse's card: labels with how often each value occurs, and what is usual in the collection."""

    facts: Rows
    labels: list[tuple[str, list[Bar]]]
    usual: Figures


def judge(card: Mapping[str, Any]) -> Judge | None:
    """The card of an analyser; None for another one."""
    if card.get("kind") != JUDGE:
        return None
    return Judge(
        _judge_facts(card),
        [_head(one) for one in mappings(card.get("heads"), 12)],
        texts(card.get("not_good_for")),
    )


def knowledge(card: Mapping[str, Any]) -> Knowledge | None:
    """The card of a muse; None for another one."""
    if card.get("kind") != MUSE:
        return None
    rows: Rows = [(_("Knows"), _dataset(card))]
    count = whole(card.get("works"))
    if count is not None:
        rows.append((_("Works"), works(count)))
    told = list(mapping(card.get("figures")).items())[:80]
    spreads = {name: spread for name, value in told if (spread := numbers(value, 3)) is not None}
    usual = sorted_out(spreads, Titles(card.get("titles")))
    labels = [(label(name), _counted(values)) for name, values in mapping(card.get("labels")).items()]
    return Knowledge(_timed(rows, card), [one for one in labels[:12] if one[1]], usual)


def _judge_facts(card: Mapping[str, Any]) -> Rows:
    pictures = mapping(card.get("pictures"))
    train, valid = whole(pictures.get("train")), whole(pictures.get("valid"))
    rows: Rows = [(_("Trained on"), _dataset(card))]
    if train is not None and valid is not None:
        rows.append(
            (_("Pictures"), _("%(train)s to learn from, %(valid)s to test with", train=train, valid=valid))
        )
    network, learned = text(card.get("network")), text(card.get("learned"))
    if network:
        rows.append((_("Network"), _(_NETWORKS.get(network, network))))
    if learned:
        rows.append((_("What was learned"), _(_LEARNED.get(learned, learned))))
    if whole(card.get("pixels")) is not None:
        rows.append((_("Resolution"), f"{whole(card['pixels'])} px"))
    return _timed(rows, card)


def _dataset(card: Mapping[str, Any]) -> str:
    told = card.get("dataset")
    return text(told) or text(mapping(told).get("name")) or "?"


def _timed(rows: Rows, card: Mapping[str, Any]) -> Rows:
    seconds = number(card.get("seconds"))
    return rows if seconds is None else [*rows, (_("Took"), duration(seconds))]


def _head(one: Mapping[str, Any]) -> JudgeHead:
    classes = [_class(told) for told in mappings(one.get("classes"), 60)]
    return JudgeHead(
        head_title(one), _head_facts(one), classes, _confusion(one.get("confusion"), len(classes))
    )


def _head_facts(one: Mapping[str, Any]) -> Rows:
    """Each figure beside what it should be compared with; of how often it is right only what was measured."""
    rows: Rows = []
    accuracy, majority = share(one.get("accuracy")), share(one.get("majority"))
    if accuracy is not None:
        against = "?" if majority is None else per_cent(majority)
        told = _("%(share)s (the commonest class alone: %(least)s)", share=per_cent(accuracy), least=against)
        rows.append((_("Right"), told))
    if number(one.get("macro_f1")) is not None:
        rows.append((_("Macro-F1"), figure(float(one["macro_f1"]))))
    before, after = number(one.get("ece_before")), number(one.get("ece_after"))
    if accuracy is not None and after is not None:
        told = (
            figure(after)
            if before is None
            else _("%(after)s (before calibration %(before)s)", after=figure(after), before=figure(before))
        )
        rows.append((_("Calibration error ↓"), told))
    coverage, sure = share(one.get("coverage")), share(one.get("accuracy_when_sure"))
    if accuracy is not None and coverage is not None:
        rows.append((_("Sure of"), _("%(share)s of pictures it had not seen", share=per_cent(coverage))))
    if sure is not None:
        rows.append((_("Right when sure"), per_cent(sure)))
    threshold = share(one.get("threshold"))
    if threshold is not None:
        rows.append((_("Sure from"), per_cent(threshold)))
    return rows


def _class(told: Mapping[str, Any]) -> Class:
    train, valid = (whole(told.get(name)) for name in ("train", "valid"))
    # A class that was tested with no picture was never wrong, nor right.
    figures = {} if valid == 0 else told
    precision, recall, f1 = (number(figures.get(name)) for name in ("precision", "recall", "f1"))
    return Class(
        label(told.get("name")),
        "" if train is None else str(train),
        "" if valid is None else str(valid),
        *("–" if value is None else f"{value:.2f}" for value in (precision, recall, f1)),
    )


def _confusion(told: Any, count: int) -> list[list[Cell]]:
    """The matrix, when it is square and not too large to be read."""
    if not isinstance(told, list) or not 1 < count <= MOST_CLASSES or len(told) != count:
        return []
    matrix = [numbers(row, count) for row in told]
    found = []
    for row in matrix:
        if row is None or any(value < 0 for value in row):
            return []
        total = sum(row) or 1.0
        found.append([Cell(round(value), round(_SHADES * value / total)) for value in row])
    return found


def _counted(values: Any) -> list[Bar]:
    counts = {
        str(name): found for name, value in mapping(values).items() if (found := whole(value)) is not None
    }
    most = max(counts.values(), default=0) or 1
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]
    return [Bar(label(name), round(100 * count / most, 1), str(count)) for name, count in largest]
