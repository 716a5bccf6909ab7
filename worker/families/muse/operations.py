"""The family's operations as the catalogue gets them. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.advice.aim import MOODS
from worker.schemas import Schema, choice, integer, number, operation_schema, seed, text

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "audio/midi")
#: The index is searched exactly, and is read into memory whole.
MOST_WORKS = 100_000
MOST_GALLERY = 2000
MOST_SHOWN = 48
MOST_TRIES = 1000
MOST_KEPT = 64
#: Sixteen works of a slow maker, all that is made between two signs of life, take minutes on a processor.
STALL_SECONDS = 1800.0

_MOOD = choice(
    "Mood",
    "Which feeling to look for. Empty: any.",
    "",
    ("", *MOODS),
)


def _work(description: str) -> Schema:
    """A picture or a piece of music, made here or uploaded."""
    return {
        "type": "string",
        "format": "artifact",
        "x-accept": list(MEDIA_TYPES),
        "title": "Work",
        "description": description,
        "x-widget": "artifact",
    }


def _version(title: str, description: str, operation: str) -> Schema:
    """Another version that has an operation."""
    return {
        "type": "string",
        "format": "version",
        "x-operation": operation,
        "title": title,
        "description": description,
        "x-widget": "version",
    }


TRAIN = OperationDescription(
    name="train",
    title="Get to know a collection",
    description="Looks at every work of a data set and at the newest works made here, and remembers them.",
    lane="training",
    input_schema=operation_schema(
        {
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "description": "The pictures or the pieces of music to know. Some dozens are the least that "
                "makes sense; 100,000 are the most.",
            },
            "gallery": integer(
                "Works made here",
                "How many of the newest works of the gallery are taken in too, those of the same kind.",
                0,
                0,
                MOST_GALLERY,
                step=50,
            ),
            "only": text(
                "Only", "Take a part of the data set: a label and its value, such as style=ukiyo_e."
            ),
            "batch": integer("Batch", "How many works are looked at in a step.", 16, 1, 256, advanced=True),
        },
        required=("dataset",),
    ),
    needs="dataset",
    stall_seconds=900.0,
    cost={"cpu": 120.0, "cuda": 60.0},
)

INSPIRE = OperationDescription(
    name="inspire",
    title="Inspire me",
    description="Works near to yours and works deliberately far from it, their colours and motifs, and what "
    "to make of them. Give a work, some words, a mood, or nothing.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "work": _work("A picture or a MIDI file to start from."),
            "text": text(
                "Words", "Words that labels, names, colours and moods are searched for; beginnings will do."
            ),
            "mood": _MOOD,
            "works": integer("Works", "How many works to show.", 12, 2, MOST_SHOWN),
            "far": number(
                "Far away",
                "Which share of the works shown lies as far away as the collection goes.",
                0.25,
                0.0,
                1.0,
                step=0.05,
            ),
            "maker": _version(
                "Maker", "A model of the same kind: then proposals are ready to be made by it.", "generate"
            ),
            "seed": seed("Seed", "Where chance comes from: another number wanders elsewhere."),
        }
    ),
    batchable=False,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 2.0, "cuda": 1.0},
)

ADVISE = OperationDescription(
    name="advise",
    title="Advise me",
    description="What a work in progress shows against what you are after, and what to try next, the most "
    "urgent first, with previews where one can be drawn or written.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "work": _work("The picture or the MIDI file you are working on."),
            "mood": choice("Mood", "The feeling it should have. Empty: craft alone.", "", ("", *MOODS)),
            "style": text(
                "Style",
                "A value of a label of the collection, such as ukiyo_e: the work is compared with these "
                "works alone.",
            ),
            "audience": text("Audience", "Whom it is for, in a word or two, such as children."),
        },
        required=("work",),
    ),
    batchable=False,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 1.0, "cuda": 1.0},
)

UNTIL = OperationDescription(
    name="until",
    title="Make until it fits",
    description="Lets a model make works seed by seed, measures each one, and keeps those wished for.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "maker": _version("Maker", "The model that makes the works.", "generate"),
            "wish": {
                **text(
                    "Wish",
                    "What must hold of a work, such as: calm >= 0.8; of a picture: style=ukiyo_e >= 0.6, "
                    "contrast > 20; of a piece of music: parallels < 1. Names are moods (0 to 1, how near), "
                    "classes of the judge (probabilities) and figures.",
                ),
                "default": "calm >= 0.8",
            },
            "judge": {
                **_version(
                    "Judge", "A picture analyser whose classes may be wished for. Music has none.", "analyze"
                ),
                "x-families": ["art_cnn"],
            },
            "keep": integer("Keep", "When so many works fit, it ends.", 4, 1, MOST_KEPT),
            "tries": integer("Tries", "After so many works it ends at the latest.", 100, 1, MOST_TRIES),
            "class_name": text(
                "Class", "For makers with classes: which class to make. Empty: any.", advanced=True
            ),
            "seed": seed("Seed", "The first work's seed; each gets the next one."),
        },
        required=("maker",),
    ),
    batchable=False,
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 60.0, "cuda": 15.0},
)

#: None is batchable: requests share no pass, and in a batch one would wait for the others.
OPERATIONS = (INSPIRE, ADVISE, UNTIL, TRAIN)
