"""Art CNN: learns what people call their pictures, and judges others. No torch here."""

from shared.catalogue import FamilyDescription
from worker.family import FamilySpec

from .expectations import EXPECT
from .operations import OPERATIONS

FAMILY_VERSION = "1"

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="art_cnn",
        version=FAMILY_VERSION,
        title="Art CNN",
        description="Learns the labels of your pictures and judges others: style, theme, emotion; with a "
        "critique.",
        media="painting",
        operations=OPERATIONS,
        expect=EXPECT,
    ),
    engine="worker.families.art_cnn.engine:create",
)
