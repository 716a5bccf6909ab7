"""A family that costs nothing: tiny tensors, real training, and every kind of trouble on request."""

from typing import Any

from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

#: What a job may be asked to do wrong, for tests of what happens then.
TROUBLES = (
    "none",
    "sample_error",
    "encode_error",
    "error",
    "out_of_memory",
    "memory_error",
    "exit",
    "wrong_count",
)


def _integer(title: str, default: int, minimum: int, maximum: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "integer",
        "title": title,
        "description": f"{title} of the toy.",
        "default": default,
        "minimum": minimum,
        "maximum": maximum,
        **more,
    }


def _closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


SEED = {
    "type": "integer",
    "title": "Seed",
    "description": "The same seed gives the same result.",
    "minimum": 0,
    "maximum": 2**31 - 1,
    "x-random": True,
    "x-widget": "seed",
}
TROUBLE = {
    "type": "string",
    "title": "Trouble",
    "description": "What goes wrong.",
    "enum": list(TROUBLES),
    "default": "none",
}
PICTURE = {
    "type": "string",
    "format": "artifact",
    "x-accept": ["image/png"],
    "x-widget": "artifact",
    "title": "Picture",
    "description": "A file, or a work of any model, to begin from.",
}
GENERATE = _closed(
    {
        "seed": SEED,
        "count": _integer("Count", 1, 1, 16),
        "hold_ms": _integer("Hold", 0, 0, 60_000),
        "trouble": TROUBLE,
        "picture": PICTURE,
    }
)
VARY = _closed(
    {
        "parent": {
            "type": "string",
            "format": "artifact",
            "x-role": "latent",
            "x-widget": "artifact",
            "title": "Parent",
            "description": "The result to vary.",
        },
        "seed": SEED,
    },
    "parent",
)
ECHO = _closed({"picture": PICTURE, "seed": SEED}, "picture")
TRAIN = _closed(
    {
        "steps": _integer("Steps", 20, 1, 1_000_000),
        "step_ms": _integer("Step time", 0, 0, 60_000),
        "snapshot_every": _integer("Snapshot every", 10, 1, 1_000_000),
        "seed": SEED,
        "trouble": TROUBLE,
        "trouble_at": _integer("Trouble at", 0, 0, 1_000_000),
        "devices": _integer("Devices", 1, 1, 8),
        "dataset": {
            "type": "string",
            "format": "dataset",
            "x-widget": "dataset",
            "title": "Data set",
            "description": "Works to learn from.",
        },
    }
)
GATHER = _closed(
    {
        "name": {"type": "string", "title": "Name", "description": "Of the data set.", "default": "toys"},
        "files": {
            "type": "array",
            "x-widget": "files",
            "title": "Files",
            "description": "What to gather.",
            "items": {"type": "string", "format": "artifact"},
        },
        "hold_ms": _integer("Hold", 0, 0, 60_000),
    },
    "files",
)

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="toy",
        version="1",
        title="Toy",
        description="A family for tests.",
        media="toy",
        operations=(
            OperationDescription(
                "generate", "Generate", "Makes toys.", "interactive", GENERATE, batchable=True
            ),
            OperationDescription("vary", "Vary", "Varies a toy.", "interactive", VARY, batchable=True),
            OperationDescription("echo", "Echo", "Answers a picture.", "interactive", ECHO, batchable=True),
            OperationDescription("train", "Train", "Trains a toy.", "training", TRAIN, needs="dataset"),
            OperationDescription("gather", "Gather", "Gathers toys.", "ingest", GATHER, needs="files"),
        ),
    ),
    engine="tests.families.toy.engine:create",
)
