"""What a training is asked for. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.schemas import checkbox, choice, integer, number, operation_schema, seed, text

TRAIN = OperationDescription(
    name="train",
    title="Train an analyser on your labels",
    description="Learns what you call your pictures (style, theme, emotion, or any other label of a data "
    "set) and becomes a version that judges others.",
    lane="training",
    input_schema=operation_schema(
        {
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "description": "Labelled pictures: folders by kind, or a labels.csv. Some dozens of each "
                "class are good.",
            },
            "labels": text(
                "Labels",
                "The labels to learn, separated by commas, such as style, emotion. Empty: every label that "
                "can be learned.",
            ),
            "minutes": number(
                "Minutes", "How long to train. Waiting in the queue does not count.", 15, 0.1, 10080, step=1
            ),
            "epochs": {
                "type": "number",
                "title": "Length in epochs",
                "minimum": 0.01,
                "maximum": 10_000,
                "x-widget": "number",
                "x-advanced": True,
                "description": "How often every picture is shown. When given, it counts instead of the "
                "minutes.",
            },
            "only": text(
                "Only",
                "Learn from a part of the data set: a label and its value, such as source=museum.",
                advanced=True,
            ),
            "together": text(
                "Keep together",
                "A label, such as subject or artist: pictures with the same value of it are never both "
                "learned from and tested with, so that the figures tell how new subjects are judged.",
                advanced=True,
            ),
            "network": choice(
                "Network",
                "lite0 begins with what a small network learned from photographs; small learns from nothing "
                "and is quick, for many small drawings that are alike.",
                "lite0",
                ("lite0", "small"),
                advanced=True,
            ),
            "learn": choice(
                "Learns",
                "How much of the network is changed: the heads, its last blocks, or all of it. auto goes by "
                "the number of pictures.",
                "auto",
                ("auto", "heads", "last", "all"),
                advanced=True,
            ),
            "pixels": choice(
                "Pixels",
                "At how many pixels along a side it looks: more shows finer strokes and takes longer. "
                "0 goes by the size of the pictures.",
                0,
                (0, 64, 96, 128, 160, 224),
                advanced=True,
            ),
            "augmentation": choice(
                "Augmentation",
                "Changes that pictures are shown through, so that size, place, light and re-encoding do not "
                "decide. light keeps the surface as it is, which tells drawing styles apart.",
                "full",
                ("none", "light", "full"),
                advanced=True,
            ),
            "mirror": checkbox("Mirror", "Show half of the pictures mirrored.", default=True, advanced=True),
            "learning_rate": number(
                "Learning rate",
                "How big the steps are at their biggest. 0 goes by what is learned.",
                0.0,
                0.0,
                1e-2,
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
            "batch": integer("Batch", "Pictures a step.", 32, 2, 512, advanced=True),
            "check_every": integer(
                "Checks",
                "Unseen pictures are looked at every so many steps. 0: once an epoch.",
                0,
                0,
                100_000,
                advanced=True,
            ),
            "kept_back": number(
                "Kept back",
                "Which share of the pictures is kept to test with, and to learn how sure to be.",
                0.15,
                0.05,
                0.5,
                step=0.01,
                advanced=True,
            ),
            "patience": integer(
                "Patience",
                "End early after so many checks without a better one, and keep the best. 0: never, and keep "
                "the last.",
                12,
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
    cost={"cpu": 900.0, "cuda": 300.0},
)
