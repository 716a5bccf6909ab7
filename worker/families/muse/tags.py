"""Search by words: labels, names, names of colours and moods. A beginning of a word matches too."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log

import numpy as np

from .entries import ENDING, PROVENANCE, Entry
from .traits import Real

#: What a word counts by where it stands.
_LABEL, _NAME, _WORD = 1.5, 1.0, 1.0
#: What the beginning of a word counts beside the whole.
_BEGINNING = 0.6
#: Beginnings shorter than this match too much.
_SHORTEST = 3
#: Comes after whatever may follow the beginning of a word.
_LAST = "\U0010ffff"
_WORDS = re.compile(r"[^\W_]+", re.UNICODE)


def words_of(text: str) -> list[str]:
    """The words of a text: letters and digits, without accents and case; "file_name.jpg" loses its ending."""
    plain = unicodedata.normalize("NFKD", ENDING.sub("", text.strip()))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word.casefold() for word in _WORDS.findall(kept)]


def _telling(entry: Entry) -> list[str]:
    """Labels that people would search for."""
    return [value for name, value in entry.labels.items() if name not in PROVENANCE]


class Tags:
    """The words by which works can be found."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._count = len(entries)
        self._found: dict[str, dict[int, float]] = defaultdict(dict)
        self._common: Counter[str] = Counter()
        for place, one in enumerate(entries):
            self._add(place, (word for value in _telling(one) for word in words_of(value)), _LABEL)
            self._add(place, words_of(one.name), _NAME)
            self._add(place, (word for text in one.words for word in words_of(text)), _WORD)
            self._common.update(
                {
                    word
                    for text in (*_telling(one), *one.words)
                    for word in words_of(text)
                    if len(word) >= _SHORTEST
                }
            )
        self._words = sorted(self._found)

    def scores(self, text: str) -> Real:
        """How well each work fits the words of a text, (n,): 1 when all are found as labels, 0 when none is.

        A word that few works have counts more.
        """
        found = np.zeros(self._count, np.float32)
        total = 0.0
        for word in dict.fromkeys(words_of(text)):
            rows = self._rows(word)
            rarity = log(1.0 + self._count / max(1, len(rows)))
            total += rarity * _LABEL
            for place, weight in rows.items():
                found[place] += rarity * weight
        return np.asarray(found / total if total else found, dtype=np.float32)

    def matched(self, text: str, place: int) -> list[str]:
        """The words of a text that a work has."""
        return [word for word in dict.fromkeys(words_of(text)) if self._has(place, word)]

    def known(self, count: int) -> list[str]:
        """Some words that works can be found by, the most frequent first."""
        return [word for word, _ in sorted(self._common.items(), key=lambda one: (-one[1], one[0]))[:count]]

    def _has(self, place: int, word: str) -> bool:
        return any(place in self._found[known] for known in self._meant(word))

    def _add(self, place: int, words: Iterable[str], weight: float) -> None:
        for word in words:
            rows = self._found[word]
            rows[place] = max(weight, rows.get(place, 0.0))

    def _rows(self, word: str) -> dict[int, float]:
        """The places of the works that have a word, or one that begins so, with what it counts there."""
        rows: dict[int, float] = {}
        for known in self._meant(word):
            share = 1.0 if known == word else _BEGINNING
            for place, weight in self._found[known].items():
                rows[place] = max(rows.get(place, 0.0), weight * share)
        return rows

    def _meant(self, word: str) -> list[str]:
        """The known words that a word means: itself, and those that begin so. In order they lie together."""
        if len(word) < _SHORTEST:
            return [word] if word in self._found else []
        return self._words[bisect_left(self._words, word) : bisect_left(self._words, word + _LAST)]
