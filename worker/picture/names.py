"""Plain names of colours: the nearest in a table."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from worker.picture.colour import difference, lab_of

_TABLE = Path(__file__).parent / "rules" / "colours.toml"
#: Colours of one name whose L* differs by less are neither lighter nor darker.
_STEP = 2.0


def name_of(lab: npt.ArrayLike) -> str:
    """The name of a CIELAB colour, (3,): that of the table's nearest by CIEDE2000."""
    names, places = _table()
    return names[int(np.argmin(difference(np.asarray(lab), places)))]


def names_of(labs: Sequence[npt.ArrayLike] | npt.NDArray[np.floating]) -> list[str]:
    """The names of several colours; of those that share one the later are "lighter", "darker", "another".

    What is called dark or light already is "another" only: nothing is a darker light grey.
    """
    first: dict[str, float] = {}
    names = []
    for lab in labs:
        name, light = name_of(lab), float(np.asarray(lab)[0])
        if name in first:
            step = light - first[name]
            graded = name.startswith(("dark", "light", "pale")) or abs(step) < _STEP
            names.append(f"{'another' if graded else 'lighter' if step > 0 else 'darker'} {name}")
        else:
            first[name] = light
            names.append(name)
    return names


@cache
def _table() -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    colours: dict[str, str] = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["colours"]
    rgb = np.array([list(bytes.fromhex(code.removeprefix("#"))) for code in colours.values()], np.uint8)
    return tuple(colours), lab_of(rgb)
