"""Why a work is shown: sentences made from figures, and true of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from shared.labels import in_words

from .entries import PROVENANCE
from .index import Index
from .poles import POLES, Pole, catalogue_of, named
from .ranks import Ranks
from .starts import Given, Start
from .tags import Tags
from .traits import Real

#: A figure is worth words when so large a share of the works lies on one side of it.
_MUCH = 0.7
#: Of more per cent than this nothing is said: it would be the whole collection.
_MOST = 99
#: A label that more of the works have is no reason.
_COMMON = 0.5
#: Two figures are opposites when so large a share of the works lies between them.
_APART = 0.4


@dataclass(frozen=True)
class Reasons:
    """Sentences on the works of an index."""

    index: Index
    tags: Tags
    ranks: Ranks

    def near(self, start: Start, place: int) -> str:
        """Why a near work answers what was asked."""
        told = []
        if start.text:
            told.append(f"it is found by {listed(self.tags.matched(start.text, place))}")
        if start.mood:
            valence, arousal = self.index.mood[place].tolist()
            told.append(
                f"its mood is valence {valence:+.2f}, arousal {arousal:+.2f}; {start.mood} was asked for"
            )
        if start.given is not None and start.near is not None:
            told += [self.shared(start.given, place), _nearer(start.near, place)]
        return sentence(told or [self.unusual(place) or "chance came upon it"])

    def far(self, start: Start, near: Real, place: int) -> str:
        """Why a far work is far from the given one, or from those found; ``near`` (n,) are the cosines."""
        given = start.given
        told = self.unusual(place) if given is None else self.opposed(given, place)
        beyond = int((near > near[place]).sum()) / len(near)
        whose = "from those found" if given is None else "from it"
        return sentence([told, f"it lies farther {whose} than {percent(beyond)} of the collection"])

    def shared(self, given: Given, place: int) -> str:
        """What the given work and another have in common, "" when nothing stands out."""
        labels = [] if given.place is None else self._labels(given.place, place)
        told = [f"both are labelled {listed(labels)}"] if labels else []
        figures = self._alike(given.traits.figures, self.index.row(place))
        return "; ".join([*told, *([figures] if figures else [])])

    def opposed(self, given: Given, place: int) -> str:
        """In what the given work and another differ most, "" when in nothing much."""
        mine, theirs = given.traits.figures, self.index.row(place)
        best, widest = "", _APART
        for name in self._told(mine, theirs):
            one, other = self.ranks.of(name, mine[name]), self.ranks.of(name, theirs[name])
            if one is None or other is None or self._written(name, mine) == self._written(name, theirs):
                continue
            between = max(other.below - (1.0 - one.above), one.below - (1.0 - other.above))
            if between >= widest:
                best, widest = name, between
        if not best:
            return ""
        higher = mine[best] > theirs[best]
        pole = self._pole(best)
        return (
            f"yours is {pole.compared(high=higher)}, this one {pole.compared(high=not higher)}: "
            f"{self._named(best)} {self._written(best, mine)} against {self._written(best, theirs)}"
        )

    def unusual(self, place: int) -> str:
        """What is most its own in a work, "" when nothing stands out."""
        row = self.index.row(place)
        best, most, high = "", _MUCH, False
        for name in self._told(row, row):
            standing = self.ranks.of(name, row[name])
            if standing is not None and max(standing.below, standing.above) >= most:
                most = max(standing.below, standing.above)
                best, high = name, standing.below > standing.above
        if not best:
            return ""
        return (
            f"most its own is that it is {self._pole(best).compared(high=high)} than {percent(most)} of the "
            f"collection ({self._named(best)} {self._written(best, row)})"
        )

    def _labels(self, one: int, other: int) -> list[str]:
        """Labels of two works that most of the collection has not."""
        mine, theirs = self.index.entries[one].labels, self.index.entries[other].labels
        alike = [(name, value) for name, value in sorted(mine.items()) if theirs.get(name) == value]
        rare = [
            f"{in_words(name)} {in_words(value)}"
            for name, value in alike
            if name not in PROVENANCE and len(self.index.labels[name][value]) <= _COMMON * len(self.index)
        ]
        return rare[:3]

    def _alike(self, mine: dict[str, float], theirs: dict[str, float]) -> str:
        best, most, high = "", _MUCH, False
        for name in self._told(mine, theirs):
            one, other = self.ranks.of(name, mine[name]), self.ranks.of(name, theirs[name])
            if one is None or other is None:
                continue
            for side, share in ((False, min(one.above, other.above)), (True, min(one.below, other.below))):
                if share >= most:
                    best, most, high = name, share, side
        if not best:
            return ""
        return (
            f"both are {self._pole(best).compared(high=high)} than {percent(most)} of the collection "
            f"({self._named(best)} {self._written(best, mine)} and {self._written(best, theirs)})"
        )

    def _pole(self, name: str) -> Pole:
        return POLES[self.index.media][name]

    def _told(self, mine: dict[str, float], theirs: dict[str, float]) -> list[str]:
        return [name for name in POLES[self.index.media] if name in mine and name in theirs]

    def _named(self, name: str) -> str:
        return named(self.index.media, name)

    def _written(self, name: str, figures: dict[str, float]) -> str:
        return catalogue_of(self.index.media)[name].written(figures[name])


def _nearer(near: Real, place: int) -> str:
    share = int((near < near[place]).sum()) / len(near)
    return f"it is nearer than {percent(share)} of the collection (distance {1.0 - float(near[place]):.2f})"


def percent(share: float) -> str:
    """A share in whole per cent, never more than it is, and never all."""
    return f"{min(_MOST, floor(100.0 * share + 1e-9))} %"


def listed(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def sentence(parts: list[str]) -> str:
    """Parts joined, with a capital and a full stop."""
    text = "; ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."
