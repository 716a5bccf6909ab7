"""Pieces for the tests of what is written: a chorale, and any piece at all."""

from hypothesis import strategies as st

from worker.music.score import Key, Note, Part, Score, part_of

#: Soprano, alto, tenor and bass of a cadence in G minor, by quarters.
CADENCE = ((70, 67, 62, 55), (72, 67, 63, 48), (69, 66, 62, 50), (67, 62, 58, 43))
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
RECIPE = {"operation": "generate", "seed": 7, "title": "Ünïcode ♯", "input": {"bars": 16, "p": 0.9}}


def chorale(bars: int = 4, pickup: int = 24) -> Score:
    """Four voices in G minor, a chord a quarter, that begin with an upbeat."""
    lines: list[list[Note]] = [[] for _ in VOICES]
    for place in range(bars * 4 + (1 if pickup else 0)):
        for line, pitch in zip(lines, CADENCE[(place - 1) % 4], strict=True):
            line.append(Note(place * 24, pitch, 24))
    parts = tuple(part_of(name, line, 52) for name, line in zip(VOICES, lines, strict=True))
    return Score(parts, 80.0, (4, 4), pickup, Key(7, "minor"), "Chorale ♭")


def tone(pitch: int, program: int = 0, ticks: int = 96, velocity: int = 80) -> Score:
    """One note, at 120 quarters a minute."""
    return Score((part_of("Tone", [Note(0, pitch, ticks, velocity)], program),))


@st.composite
def lines(draw: st.DrawFn, *, grid: int = 1, longest: int = 100) -> list[Note]:
    """Notes one after the other, with rests between them."""
    found, here = [], 0
    for _ in range(draw(st.integers(1, 12))):
        here += grid * draw(st.integers(0, longest // grid))
        length = grid * draw(st.integers(1, longest // grid))
        found.append(Note(here, draw(st.integers(0, 127)), length, draw(st.integers(1, 127))))
        here += length
    return found


@st.composite
def scores(draw: st.DrawFn, *, grid: int = 1, parts: int = 4, drums: bool = True) -> Score:
    """Any piece of voices without overlap, every position a multiple of ``grid`` ticks."""
    made = []
    for place in range(draw(st.integers(1, parts))):
        beaten = drums and draw(st.booleans())
        program = 0 if beaten else draw(st.integers(0, 127))
        made.append(Part(f"Part {place}", tuple(draw(lines(grid=grid))), program, beaten))
    key = draw(st.none() | st.builds(Key, st.integers(0, 11), st.sampled_from(("major", "minor"))))
    meter = draw(st.sampled_from(((4, 4), (3, 4), (6, 8), (2, 2), (5, 8), (12, 16))))
    pickup = draw(st.sampled_from((0, 6, 12, 24)))
    tempo = float(draw(st.integers(20, 300)))
    return Score(tuple(made), tempo, meter, pickup, key, draw(st.sampled_from(("", "A piece", "♭ ü"))))
