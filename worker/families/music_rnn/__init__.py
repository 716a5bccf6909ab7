"""Music RNN: learns from MIDI files; composes, continues, harmonises and analyzes. No torch here."""

from shared.catalogue import FamilyDescription
from worker.family import FamilySpec

from .expectations import EXPECT
from .operations import OPERATIONS

FAMILY_VERSION = "1"

FAMILY = FamilySpec(
    description=FamilyDescription(
        name="music_rnn",
        version=FAMILY_VERSION,
        title="Music RNN",
        description="Learns from your MIDI files and writes music: composes, continues, harmonises, varies.",
        media="music",
        operations=OPERATIONS,
        expect=EXPECT,
    ),
    engine="worker.families.music_rnn.engine:create",
)
