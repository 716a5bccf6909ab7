"""How a key writes its pitches: signatures, letters and accidentals."""

from __future__ import annotations

from worker.music.score import Key

#: Letters in the order of fifths: F has no accidental one fifth below C.
_FIFTHS = "FCGDAEB"
_ACCIDENTALS = {-2: "♭♭", -1: "♭", 0: "", 1: "♯", 2: "♯♯"}
#: Semitones above the tonic to the place in fifths from it: raised notes lead up, thirds and sevenths sink.
#: Minor takes its raised sixth and seventh (melodic and harmonic minor) and the major third of a final chord.
_MAJOR = (0, 7, 2, -3, 4, -1, 6, 1, 8, 3, -2, 5)
_MINOR = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)


def fifths(key: Key | None) -> int:
    """Sharps (positive) or flats (negative) of a key's signature, from -6 to 6; without a key 0.

    Of two spellings of one key the usual one: D flat major, F sharp major, E flat minor, G sharp minor.
    """
    if key is None:
        return 0
    count = (7 * (key.tonic + (3 if key.mode == "minor" else 0))) % 12
    highest = 6 if key.mode == "major" else 5
    return count - 12 if count > highest else count


def spell(pitch: int, key: Key | None) -> tuple[str, int, int]:
    """The letter, alteration in semitones (-2 to 2) and octave (middle C is in octave 4) of a MIDI pitch."""
    minor = key is not None and key.mode == "minor"
    tonic = fifths(key) + (3 if minor else 0)
    place = tonic + (_MINOR if minor else _MAJOR)[(pitch - 7 * tonic) % 12]
    letter = _FIFTHS[(place + 1) % 7]
    alter = (place + 1) // 7
    return letter, alter, (pitch - alter) // 12 - 1


def note_name(pitch: int, key: Key | None = None) -> str:
    """A MIDI pitch as people call it: 60 is C4, 66 F♯4."""
    letter, alter, octave = spell(pitch, key)
    return f"{letter}{_ACCIDENTALS[alter]}{octave}"
