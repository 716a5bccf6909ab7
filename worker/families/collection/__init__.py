"""Collections: uploaded pictures or music become a data set to train on. No network, no GPU."""

from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

LONGEST_NAME = 100

_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "files"],
    "properties": {
        "name": {
            "type": "string",
            "title": "Name",
            "description": "What the collection is called in lists and on the models trained from it.",
            "minLength": 1,
            "maxLength": LONGEST_NAME,
            "pattern": r"\S",
            "x-order": 1,
            "x-widget": "text",
        },
        "files": {
            "type": "array",
            "title": "Works",
            "description": (
                "Pictures (PNG, JPEG, WebP, GIF, BMP or TIFF, at least 32 pixels a side) or MIDI files, or "
                "a zip of either. A labels.csv in the zip (a column “file” and a column for each label) "
                "or a folder for each class gives the works labels."
            ),
            "items": {"type": "string", "format": "artifact"},
            "minItems": 1,
            "maxItems": 2000,
            "x-order": 2,
            "x-widget": "files",
        },
    },
}

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="collection",
        version="1",
        title="Collections",
        description="Turns uploaded pictures or music into a data set: checked, cleaned, and without copies.",
        media="collection",
        operations=(
            OperationDescription(
                name="ingest",
                title="Add works",
                description="Checks every file, keeps the good works and tells what was refused and why.",
                lane="ingest",
                input_schema=_SCHEMA,
                needs="files",
                stall_seconds=180.0,
                cost={"cpu": 20.0, "cuda": 20.0},
            ),
        ),
    ),
    engine="worker.families.collection.engine:create",
)
