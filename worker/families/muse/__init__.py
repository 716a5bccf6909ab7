"""Muse: knows a collection of pictures or music, finds what is near and far in it, advises, and searches for
what fits. No torch here.
"""

from shared.catalogue import FamilyDescription
from worker.family import FamilySpec

from .operations import OPERATIONS

FAMILY_VERSION = "1"

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="muse",
        version=FAMILY_VERSION,
        title="Muse",
        description="Knows your collection: shows what is near and far, proposes what to make, and advises.",
        media="any",
        operations=OPERATIONS,
        expect={
            "text": {
                "cpu": "A processor looks at some five pictures or ten pieces of music a second.",
                "cuda": "A graphics card saves little: most of the time goes into the figures of each work.",
            }
        },
    ),
    engine="worker.families.muse.engine:create",
)
