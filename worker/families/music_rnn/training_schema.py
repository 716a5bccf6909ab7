"""What a training is asked for. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.schemas import checkbox, choice, integer, number, operation_schema, seed, text

TRAIN = OperationDescription(
    name="train",
    title="Train on your music",
    description="Learns from a data set of MIDI files and becomes a version that writes music of that kind.",
    lane="training",
    input_schema=operation_schema(
        {
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "description": "The pieces to learn from. Some dozens are the least that makes sense; some "
                "hundreds are good.",
            },
            "minutes": number(
                "Minutes", "How long to train. Waiting in the queue does not count.", 30, 0.1, 10080, step=1
            ),
            "steps": {
                "type": "integer",
                "title": "Length in steps",
                "minimum": 1,
                "maximum": 10_000_000,
                "x-widget": "number",
                "x-advanced": True,
                "description": "Optimizer steps. When given, it counts instead of the minutes.",
            },
            "representation": choice(
                "Representation",
                "voices: a fixed number of parts on a grid of sixteenths, such as chorales and "
                "quartets; it can "
                "harmonise and rewrite. events: any music, note by note. auto looks at the pieces.",
                "auto",
                ("auto", "voices", "events"),
            ),
            "only": text(
                "Only",
                "Learn from a part of the data set: a label and its value, such as folder=fugues.",
                advanced=True,
            ),
            "cell": choice(
                "Cell",
                "The recurrent cell: gru, its elder lstm, or elman, the plain recurrence h = f(Wx + Rh + b).",
                "gru",
                ("gru", "lstm", "elman"),
                advanced=True,
            ),
            "hidden": choice(
                "Units", "Units a layer.", 256, (32, 64, 128, 256, 384, 512, 768), advanced=True
            ),
            "layers": integer("Layers", "Recurrent layers.", 2, 1, 4, advanced=True),
            "lookback": checkbox(
                "Look back",
                "Let the network attend to its own past, so that themes return.",
                default=True,
                advanced=True,
            ),
            "transpose": integer(
                "Transpose",
                "Pieces are shown up to so many semitones higher or lower.",
                6,
                0,
                12,
                advanced=True,
            ),
            "dropout": number(
                "Dropout",
                "Share of units left out at each step: more for few pieces.",
                0.4,
                0.0,
                0.8,
                step=0.05,
                advanced=True,
            ),
            "learning_rate": number(
                "Learning rate",
                "How big the steps are at their biggest.",
                3e-3,
                1e-5,
                2e-2,
                step=1e-5,
                advanced=True,
            ),
            "average": number(
                "Averaging",
                "Decay of the averaged weights, which are what is kept.",
                0.99,
                0.0,
                0.9999,
                step=0.0001,
                advanced=True,
            ),
            "batch": integer("Batch", "Passages a step.", 8, 1, 256, advanced=True),
            "crop": integer(
                "Passage",
                "Length of a passage: sixteenths, or notes for events.",
                320,
                16,
                2048,
                step=16,
                advanced=True,
            ),
            "check_every": integer(
                "Checks", "Unseen pieces are looked at every so many steps.", 100, 1, 100_000, advanced=True
            ),
            "patience": integer(
                "Patience",
                "End early after so many checks without a better one. 0: never.",
                20,
                0,
                1000,
                advanced=True,
            ),
            "seed": seed("Seed", "Where all chance in the training comes from."),
        },
        required=("dataset",),
    ),
    needs="dataset",
    stall_seconds=900.0,
    cost={"cpu": 1800.0, "cuda": 600.0},
)
