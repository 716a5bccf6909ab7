"""Painting GAN: learns from a folder of pictures and makes new ones. Importing this package does not import
torch.
"""

from shared.catalogue import FamilyDescription
from worker.family import FamilySpec

from .expectations import EXPECT
from .operations import OPERATIONS

FAMILY_VERSION = "1"

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="painting_gan",
        version=FAMILY_VERSION,
        title="Painting GAN",
        description="Learns from your pictures and paints new ones: seeds, mixes, travels and variations.",
        media="painting",
        operations=OPERATIONS,
        expect=EXPECT,
    ),
    engine="worker.families.painting_gan.engine:create",
)
