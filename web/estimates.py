"""How long a training will take on the device that is there, and what to expect, before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.catalogue import FamilyDescription
from shared.errors import InvalidInput
from shared.jobs import list_page, read_metrics
from shared.lifecycle import State
from shared.workers import list_workers
from web import words
from web.context import OWNER, services
from web.frame import device_name
from web.learners import named_dataset
from web.roles import ANALYSER, MAKER, MUSE, role
from web.texts import N_, _

#: Trainings looked at for a measured speed.
LOOK_BACK = 20
PICTURES = "images_per_second"
#: Inputs that decide how long a step takes, by the names that families use.
_SIZES = ("discriminator", "cell", "width", "layers", "resolution", "network", "learn", "pixels")


#: What to expect while it trains, by what the family is there for.
_COURSES: Mapping[str, str] = {
    MAKER: N_(
        "While it trains, samples from the same seeds appear every few minutes. You can stop at any time and "
        "keep the best snapshot; if a worker is lost, the training goes on exactly where it was last saved."
    ),
    ANALYSER: N_(
        "While it trains, it is tested with pictures that it does not learn from, time and again. You can "
        "stop at any time and keep the best; if a worker is lost, the training goes on exactly where it was "
        "last saved."
    ),
    MUSE: N_("It looks at every work once. If a worker is lost, it goes on where it was last saved."),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """``seconds`` and ``speed`` are None when unknown; ``measured``: taken from a real run.

    ``unit`` is what trainings of the family call their speed: one of ``words.SPEEDS``, empty when it tells
    none; ``images_per_second`` and ``kimg`` (thousands of pictures seen) are None but for pictures.
    """

    device: str
    kind: str
    seconds: float | None
    speed: float | None
    unit: str
    images_per_second: float | None
    kimg: float | None
    measured: bool
    words: str

    @property
    def pace(self) -> str:
        """The speed in words; empty when it is unknown."""
        return words.speed({self.unit: self.speed}) or ""


def training(family: FamilyDescription, given: Mapping[str, Any]) -> Estimate:
    """The estimate for a training of ``family`` with a complete input."""
    device = _device()
    kind = device.split(":")[0]
    unit = _unit(family)
    measured = _measured(family, given, kind, unit)
    speed = measured or _expected(family, given, kind, unit)
    pictures = speed if unit == PICTURES else None
    seconds, kimg = _length(given, pictures)
    return Estimate(
        device=device_name(device),
        kind=kind,
        seconds=seconds,
        speed=speed,
        unit=unit if speed else "",
        images_per_second=pictures,
        kimg=kimg,
        measured=measured is not None,
        words=_words(family, kind),
    )


def course(family: FamilyDescription) -> str:
    """What is to be seen of a training while it goes on, and that it may be stopped."""
    return _(_COURSES.get(role(family), _COURSES[MAKER]))


def _unit(family: FamilyDescription) -> str:
    """What the family's trainings call their speed, by what it says to expect."""
    return next((name for name in words.SPEEDS if name in (family.expect or {})), PICTURES)


def _device() -> str:
    """The device a training would run on: a GPU where there is one."""
    serving = [worker.device for worker in list_workers(services().db) if "training" in worker.lanes]
    return next((device for device in serving if device.startswith("cuda")), serving[0] if serving else "cpu")


def _works(given: Mapping[str, Any]) -> int:
    """How many works the data set has; 0 when the input names none."""
    try:
        dataset = named_dataset(given)
    except InvalidInput:
        return 0
    return 0 if dataset is None else dataset.item_count


def _length(given: Mapping[str, Any], speed: float | None) -> tuple[float | None, float | None]:
    """Seconds and thousands of pictures: one of them is asked for, the other follows from the speed; both are
    None when steps are.
    """
    kimg, minutes, epochs = given.get("kimg"), given.get("minutes"), given.get("epochs")
    if isinstance(epochs, int | float):
        # They count instead of the minutes; of how many works there are some are kept to test with.
        kimg, minutes = epochs * _works(given) / 1000, None
    if isinstance(given.get("steps"), int | float):
        # So do steps, and how long one takes is told by no training.
        minutes = None
    if isinstance(kimg, int | float) and kimg > 0:
        return (kimg * 1000 / speed if speed else None), float(kimg)
    if isinstance(minutes, int | float):
        return minutes * 60.0, (minutes * 60 * speed / 1000 if speed else None)
    return None, None


def _measured(family: FamilyDescription, given: Mapping[str, Any], kind: str, unit: str) -> float | None:
    """The speed of the latest training of the same size on the same kind of device."""
    db = services().db
    there = {worker.id: worker.device.split(":")[0] for worker in list_workers(db, with_gone=True)}
    for job in list_page(db, OWNER, lanes=("training",), limit=LOOK_BACK):
        if job.family != family.name or any(job.input.get(name) != given.get(name) for name in _SIZES):
            continue
        if job.state is State.PROCESSING and there.get(job.worker_id or "", kind) != kind:
            continue
        speeds = [figures.get(unit) for _step, figures in read_metrics(db, job.id)[-50:]]
        known = sorted(speed for speed in speeds if isinstance(speed, int | float) and speed > 0)
        if known:
            return float(known[len(known) // 2])
    return None


def _expected(family: FamilyDescription, given: Mapping[str, Any], kind: str, unit: str) -> float | None:
    """The speed by the family's own account, for this kind of device and the sizes that it tells apart."""
    speeds: Any = (family.expect or {}).get(unit, {})
    for key in (kind, *(str(given.get(name, "")) for name in _SIZES)):
        if isinstance(speeds, Mapping) and key in speeds:
            speeds = speeds[key]
    return float(speeds) if isinstance(speeds, int | float) and speeds > 0 else None


def _words(family: FamilyDescription, kind: str) -> str:
    """What the family says to expect on this kind of device."""
    told: Any = (family.expect or {}).get("words", (family.expect or {}).get("text", ""))
    if isinstance(told, Mapping):
        told = told.get(kind, "")
    return str(told)
