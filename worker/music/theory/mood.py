"""The mood of a piece as valence (sad to happy) and arousal (calm to excited), by a rule stated in words.

Listeners' ratings follow musical cues nearly linearly and additively, mode first, then tempo and register
(Eerola, Friberg & Bresin, "Emotional expression in music: contribution, linearity, and additivity of primary
musical cues", Frontiers in Psychology 4:487, 2013); fast, high and dense music sounds more excited, major and
high music happier (Gabrielsson & Lindström, "The role of structure in the musical expression of emotions",
Handbook of Music and Emotion, 2010). Signs and order of the cues are theirs; the weights are rounded by us,
so the figures compare pieces and measure nobody's feelings. Loudness, timbre and articulation are left out: a
score says too little of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, tanh

from worker.music.score import Score
from worker.music.theory.key import KeyFound

#: A cue is 0 at what is usual and about 1 at what is much: tempo doubles, an octave higher, onsets double.
_TEMPO, _PITCH, _ONSETS = 100.0, 62.0, 150.0
_OCTAVE = 12.0
_VALENCE = {"mode": 0.55, "tempo": 0.35, "register": 0.15}
_AROUSAL = {"tempo": 0.6, "density": 0.45, "register": 0.15}
_SURE = 0.05

RULE = (
    "Valence = 0.55 x mode + 0.35 x tempo + 0.15 x register; arousal = 0.6 x tempo + 0.45 x density + 0.15 x "
    "register. Mode is 1 in major and -1 in minor, less where the key is unclear; tempo is 0 at 100 quarters "
    "a minute and 1 at twice that; register is 0 around D4 and 1 an octave higher; density is 0 at 150 note "
    "onsets a minute and 1 at twice that. Both are kept between -1 and 1. After Eerola, Friberg & Bresin "
    "(2013) and Gabrielsson & Lindström (2010), with weights rounded by us."
)


@dataclass(frozen=True, slots=True)
class Mood:
    """``valence`` and ``arousal`` from -1 to 1, words for them, and the rule that gave them."""

    valence: float
    arousal: float
    words: tuple[str, ...]
    rule: str = RULE


def mood_of(score: Score, key: KeyFound | None, onsets: float, pitch: float | None) -> Mood:
    """The mood of a piece: ``onsets`` begin a minute, ``pitch`` is the mean pitch (None without one)."""
    if not onsets:
        return Mood(0.0, 0.0, ("silent",))
    mode = 0.0
    if key is not None:
        mode = (1.0 if key.key.mode == "major" else -1.0) * min(1.0, 0.5 + key.clearness / (2 * _SURE))
    cues = {
        "mode": mode,
        "tempo": log2(max(score.tempo, 1.0) / _TEMPO),
        "register": ((pitch if pitch is not None else _PITCH) - _PITCH) / _OCTAVE,
        "density": log2(onsets / _ONSETS),
    }
    valence = _kept(sum(weight * cues[cue] for cue, weight in _VALENCE.items()))
    arousal = _kept(sum(weight * cues[cue] for cue, weight in _AROUSAL.items()))
    return Mood(valence, arousal, words_of(valence, arousal))


def words_of(valence: float, arousal: float) -> tuple[str, ...]:
    """Words for a place in the plane of valence and arousal (Russell's circle, 1980), the nearest first."""
    if abs(valence) < 0.15 and abs(arousal) < 0.15:
        return ("even", "neutral")
    by_valence = ("bright", "warm") if valence > 0 else ("sad", "dark")
    if abs(arousal) < 0.2:
        return by_valence
    if arousal > 0:
        return ("joyful", "lively") if valence > 0 else ("tense", "restless")
    return ("calm", "peaceful") if valence > 0 else ("sad", "mournful")


def _kept(value: float) -> float:
    return round(tanh(value), 3)
