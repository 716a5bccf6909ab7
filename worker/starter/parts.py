"""What the starter pack consists of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
MODELS = FOLDER / "models"

PAINTINGS_CREDIT = (
    "Public-domain works; reproductions from irinainina/image-data@b0775781 and "
    "10380r/Generating-Ukiyoe@86b7720e on GitHub."
)
CHORALES_CREDIT = "Johann Sebastian Bach, public domain; from czhuang/JSB-Chorales-dataset on GitHub."
FACES_CREDIT = "CC0 1.0; drawn with DiceBear: Open Peeps, Lorelei, Pixel Art."


@dataclass(frozen=True)
class Pack:
    """A data set to begin with. `only` keeps the works whose label (column, value) it names."""

    key: str
    name: str
    archive: Path
    credit: str
    only: tuple[str, str] | None = None


# The last one installed is the first in the list of data sets.
PACKS = (
    Pack("dataset/bach-chorales", "Bach chorales", FOLDER / "data" / "bach_chorales.zip", CHORALES_CREDIT),
    Pack("dataset/drawn-faces", "Drawn faces", FOLDER / "data" / "drawn_faces.zip", FACES_CREDIT),
    Pack("dataset/paintings", "Paintings", FOLDER / "data" / "paintings.zip", PAINTINGS_CREDIT),
    Pack(
        "dataset/edo-prints",
        "Edo prints",
        FOLDER / "data" / "paintings.zip",
        PAINTINGS_CREDIT,
        only=("style", "ukiyo_e"),
    ),
)
