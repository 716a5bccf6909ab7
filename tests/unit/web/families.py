"""Families as workers would announce them, small enough to read in a test."""

from typing import Any

from shared.catalogue import FamilyDescription, OperationDescription


def _schema(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    ordered = {name: {"x-order": place, **value} for place, (name, value) in enumerate(properties.items())}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": ordered,
    }


SEED: dict[str, Any] = {
    "type": "integer",
    "title": "Seed",
    "description": "The same seed gives the same picture, today and next year.",
    "minimum": 0,
    "maximum": 2**31 - 1,
    "x-random": True,
    "x-widget": "seed",
}
COUNT: dict[str, Any] = {
    "type": "integer",
    "title": "How many",
    "description": "They share one pass.",
    "minimum": 1,
    "maximum": 16,
    "default": 4,
    "x-widget": "slider",
}
PSI: dict[str, Any] = {
    "type": "number",
    "title": "Truncation",
    "description": "Lower keeps closer to the average; higher is wilder.",
    "minimum": 0,
    "maximum": 1.5,
    "default": 0.8,
    "x-step": 0.05,
    "x-widget": "slider",
}
PARENT: dict[str, Any] = {
    "type": "string",
    "format": "artifact",
    "x-role": "latent",
    "title": "Work",
    "description": "The work to start from.",
    "x-widget": "artifact",
}

GENERATE = OperationDescription(
    name="generate",
    title="Generate",
    description="New works from seeds.",
    lane="interactive",
    input_schema=_schema({"count": COUNT, "psi": PSI, "seed": SEED}),
    batchable=True,
    cost={"cpu": 0.1, "cuda": 0.01},
)
NEIGHBOURS = OperationDescription(
    name="neighbours",
    title="Variations",
    description="Works around another one.",
    lane="interactive",
    input_schema=_schema({"parent": PARENT, "count": COUNT, "seed": SEED}, ("parent",)),
)
TRAIN = OperationDescription(
    name="train",
    title="Train",
    description="Learn from a data set.",
    lane="training",
    needs="dataset",
    input_schema=_schema(
        {
            "dataset": {"type": "string", "title": "Data set", "x-widget": "dataset"},
            "resolution": {
                "type": "integer",
                "title": "Resolution",
                "description": "Larger shows more and takes longer.",
                "enum": [32, 64],
                "default": 64,
                "x-widget": "select",
            },
            "minutes": {
                "type": "number",
                "title": "Minutes",
                "description": "How long it may learn.",
                "minimum": 0.1,
                "maximum": 600,
                "default": 30,
                "x-widget": "number",
            },
            "mirror": {"type": "boolean", "title": "Mirror", "default": True, "x-advanced": True},
        },
        ("dataset",),
    ),
)
PAINTER = FamilyDescription(
    name="painter",
    version="1",
    title="Painter",
    description="Learns to paint.",
    media="painting",
    operations=(GENERATE, NEIGHBOURS, TRAIN),
    expect={
        "images_per_second": {"cpu": {"32": 30, "64": 12}},
        "words": {"cpu": "Shapes after ten minutes."},
    },
)
COLLECTION = FamilyDescription(
    name="collection",
    version="1",
    title="Collections",
    description="Turns uploads into data sets.",
    media="collection",
    operations=(
        OperationDescription(
            name="ingest",
            title="Add pictures",
            description="Checks every file.",
            lane="ingest",
            needs="files",
            input_schema=_schema(
                {
                    "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 100},
                    "files": {
                        "type": "array",
                        "title": "Pictures",
                        "items": {"type": "string", "format": "artifact"},
                        "minItems": 1,
                        "maxItems": 2000,
                    },
                },
                ("name", "files"),
            ),
        ),
    ),
)
