"""The family's operations as the catalogue gets them. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.schemas import checkbox, integer, operation_schema, seed

from .training_schema import TRAIN

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")
#: A survey or an evaluation of some thousand pictures takes minutes on a slow core.
STALL_SECONDS = 900.0
MOST_MADE = 500

ANALYZE = OperationDescription(
    name="analyze",
    title="Analyze",
    description="Style, theme, emotion or whatever it learned to tell; where it looked; palette, "
    "composition, surface and faults; and a critique in which every sentence has its figure.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "picture": {
                "type": "string",
                "format": "artifact",
                "x-accept": list(PICTURES),
                "title": "Picture",
                "description": "A picture from your disk or an earlier result.",
                "x-widget": "artifact",
            },
            "full": checkbox(
                "Everything",
                "Palette, composition, critique and heat maps too; without, only what the network says.",
                default=True,
                advanced=True,
            ),
        },
        required=("picture",),
    ),
    batchable=True,
    cost={"cpu": 0.5, "cuda": 0.3},
)

SURVEY = OperationDescription(
    name="survey",
    title="Survey a data set",
    description="Judges every picture of a data set: how many are of which kind, and a table of all.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "x-media": ["painting"],
                "description": "The pictures to judge.",
            }
        },
        required=("dataset",),
    ),
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 30.0, "cuda": 5.0},
)

EVALUATE = OperationDescription(
    name="evaluate",
    title="Evaluate a model",
    description="Lets a model make pictures and compares them with the works of a data set: how near, how "
    "varied, and whether styles and moods come as often.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "maker": {
                "type": "string",
                "format": "version",
                "x-operation": "generate",
                "x-media": ["painting"],
                "title": "Model",
                "description": "Whose pictures are looked at.",
                "x-widget": "version",
            },
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "x-media": ["painting"],
                "description": "The works to compare with: as a rule those it learned from.",
            },
            "pictures": integer("Pictures", "How many it makes.", 100, 8, MOST_MADE),
            "seed": seed("Seed", "The first picture's seed; the others follow."),
        },
        required=("maker", "dataset"),
    ),
    stall_seconds=STALL_SECONDS,
    cost={"cpu": 60.0, "cuda": 10.0},
)

OPERATIONS = (ANALYZE, SURVEY, EVALUATE, TRAIN)
