"""A recurrent sampler for benches: its passes are many small steps, so that a batch pays anywhere."""

from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

INPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "seed": {"type": "integer", "title": "Seed", "description": "Tells jobs apart.", "x-random": True},
    },
}

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="recurrent",
        version="1",
        title="Recurrent",
        description="Samples tokens one after another.",
        media="none",
        operations=(
            OperationDescription(
                "generate", "Sample", "Samples tokens.", "interactive", INPUT, batchable=True
            ),
        ),
    ),
    engine="bench.recurrent.engine:create",
)
