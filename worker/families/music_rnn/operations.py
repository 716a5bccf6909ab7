"""The family's operations as the catalogue gets them. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.music.instruments import INSTRUMENTS, WRITTEN
from worker.schemas import Schema, checkbox, choice, integer, number, operation_schema, seed

from .training_schema import TRAIN

MOST_PIECES = 16
#: A pass tells nothing of its progress, and the largest request takes minutes on a slow core.
STALL_SECONDS = 900.0
ANY = "any"
TONICS = (ANY, "C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def _piece(title: str, description: str) -> Schema:
    """A MIDI file or an earlier piece."""
    return {
        "type": "string",
        "format": "artifact",
        "x-accept": ["audio/midi"],
        "title": title,
        "description": description,
        "x-widget": "artifact",
    }


def _count(default: int) -> Schema:
    return integer("Pieces", "How many to write; each gets the next seed.", default, 1, MOST_PIECES)


_SEED = seed("Seed", "The number all chance comes from. The same seed gives the same piece.")
_TEMPO: Schema = {
    "type": "number",
    "title": "Tempo",
    "description": "Quarter notes a minute. Empty: as usual in the music learned from, or as in the "
    "given piece.",
    "minimum": 20,
    "maximum": 300,
    "x-step": 1,
    "x-widget": "number",
}
_DIALS: dict[str, Schema] = {
    "temperature": number(
        "Temperature",
        "Below 1 the likelier notes are preferred and music is safer; above 1 it is bolder and makes "
        "more mistakes.",
        0.95,
        0.1,
        2.0,
        step=0.05,
    ),
    "top_p": number(
        "Top-p",
        "Only the likeliest notes that together have this share of the probability may be chosen.",
        0.95,
        0.05,
        1.0,
        step=0.05,
        advanced=True,
    ),
    "seed": _SEED,
}
_HEARD: dict[str, Schema] = {
    "instruments": choice(
        "Instruments",
        "What it is played with. written: the instruments of the music itself.",
        WRITTEN,
        (WRITTEN, *INSTRUMENTS),
    ),
    "audio": checkbox("Sound", "Make a WAV file to listen to.", default=True, advanced=True),
}


def _care(default: int) -> Schema:
    return integer(
        "Care",
        "How many ways on are followed at once, the unlikely ones dropped. More fits better around what is "
        "given and takes longer.",
        default,
        1,
        64,
        advanced=True,
    )


_KEEP_MELODY = checkbox("Keep the melody", "Leave the highest voice as it is.", default=False)

GENERATE = OperationDescription(
    name="generate",
    title="Compose",
    description="New pieces from nothing but a seed.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "count": _count(2),
            "bars": integer("Bars", "How long the piece is; it is brought to a close there.", 16, 1, 128),
            "tonic": choice("Key", "The keynote.", ANY, TONICS),
            "mode": choice("Mode", "Major is the brighter one.", ANY, (ANY, "major", "minor")),
            "tempo": _TEMPO,
            **_DIALS,
            **_HEARD,
            "care": _care(8),
        }
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 2.0, "cuda": 0.5},
)

CONTINUE = OperationDescription(
    name="continue",
    title="Continue",
    description="Takes the beginning of a piece and goes on from there.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "primer": _piece("Primer", "The piece to continue: a MIDI file or an earlier result."),
            "keep_bars": integer("Keep", "How many of its first bars are kept. 0: all of it.", 0, 0, 128),
            "bars": integer("Bars", "How long the whole piece becomes, the primer included.", 16, 1, 256),
            "count": _count(1),
            "tempo": _TEMPO,
            **_DIALS,
            **_HEARD,
        },
        required=("primer",),
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 2.0, "cuda": 0.5},
)

HARMONISE = OperationDescription(
    name="harmonise",
    title="Harmonise",
    description="Writes the other voices to a melody, which keeps its notes; "
    "their times are rounded to a 24th of a quarter.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "melody": _piece("Melody", "A MIDI file or an earlier result; its highest part is the melody."),
            "count": _count(1),
            "tempo": _TEMPO,
            "care": _care(16),
            "rounds": integer(
                "Rounds",
                "How often each voice is then drawn anew around the others (Gibbs sampling).",
                1,
                0,
                8,
                advanced=True,
            ),
            **_DIALS,
            **_HEARD,
        },
        required=("melody",),
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 6.0, "cuda": 1.0},
)

INPAINT = OperationDescription(
    name="inpaint",
    title="Rewrite bars",
    description="Some bars anew, the rest as it was.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "piece": _piece("Piece", "A MIDI file or an earlier result."),
            "from_bar": integer("From bar", "The first bar to be rewritten, counted from 1.", 5, 1, 256),
            "to_bar": integer("To bar", "The last bar to be rewritten.", 8, 1, 256),
            "keep_melody": _KEEP_MELODY,
            "count": _count(1),
            "care": _care(16),
            **_DIALS,
            **_HEARD,
        },
        required=("piece",),
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 3.0, "cuda": 0.7},
)

VARIATIONS = OperationDescription(
    name="variations",
    title="Variations",
    description="Pieces close to one that you like: some of its bars are drawn anew.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "piece": _piece("Piece", "A MIDI file or an earlier result."),
            "count": _count(3),
            "strength": number("Strength", "Which share of the bars changes.", 0.4, 0.05, 1.0, step=0.05),
            "keep_melody": _KEEP_MELODY,
            "care": _care(16),
            **_DIALS,
            **_HEARD,
        },
        required=("piece",),
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 5.0, "cuda": 1.0},
)

INTERPOLATE = OperationDescription(
    name="interpolate",
    title="Bridge two",
    description="Begins as one piece, ends as another, and finds a way between them.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "piece_a": _piece("First piece", "How it begins."),
            "piece_b": _piece("Second piece", "How it ends."),
            "keep_bars": integer("Keep", "Bars of each piece that are kept.", 4, 1, 64),
            "bars": integer("Bridge", "Bars between them.", 4, 1, 64),
            "count": _count(1),
            "care": _care(16),
            **_DIALS,
            **_HEARD,
        },
        required=("piece_a", "piece_b"),
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 3.0, "cuda": 0.7},
)

ANALYZE = OperationDescription(
    name="analyze",
    title="Analyze",
    description="Key, chords, cadences, voice leading, mood, and how like the music learned from a piece is.",
    lane="interactive",
    input_schema=operation_schema(
        {"piece": _piece("Piece", "A MIDI file or an earlier result.")}, required=("piece",)
    ),
    batchable=True,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 1.5, "cuda": 1.0},
)

OPERATIONS = (GENERATE, CONTINUE, HARMONISE, INPAINT, VARIATIONS, INTERPOLATE, ANALYZE, TRAIN)
