"""A family that does nothing, or sleeps: what is left is the queue. No torch, no files."""

from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

INPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "seed": {"type": "integer", "title": "Seed", "description": "Tells jobs apart.", "x-random": True},
        "sleep_ms": {
            "type": "integer",
            "title": "Sleep",
            "description": "How long the simulated device is busy.",
            "default": 0,
            "minimum": 0,
        },
    },
}

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="noop",
        version="1",
        title="Nothing",
        description="Does nothing.",
        media="none",
        operations=(
            OperationDescription(
                "generate", "Nothing", "Does nothing.", "interactive", INPUT, batchable=True
            ),
        ),
    ),
    engine="bench.noop.engine:create",
)
