"""Forms drawn from JSON Schemas, and the input that a sent form stands for."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from shared.errors import AtelierError, InvalidInput
from web.texts import _

#: A slider with more stops than this is typed instead.
MOST_STOPS = 400
#: What the text of a field may name.
_REFERENCES = ("artifact", "dataset", "version")
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; ``thumbnail`` is the id of its picture, ``caption`` what stands beside it."""

    value: str
    title: str
    chosen: bool = False
    thumbnail: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A control. ``kind`` is slider, select, seed, number, checkbox, artifact, dataset, version or text.

    ``accept`` are the media types that a file from outside may have; without any none is taken. What a
    field of the kinds artifact, dataset and version can take is filled in with ``with_choices``.
    """

    name: str
    kind: str
    title: str
    help: str
    value: Any
    minimum: Any
    maximum: Any
    step: str
    required: bool
    advanced: bool
    choices: tuple[Choice, ...] = ()
    role: str = ""
    accept: tuple[str, ...] = ()
    error: str = ""

    @property
    def id(self) -> str:
        """The control's id on the page."""
        return f"field-{self.name}"

    @property
    def listed(self) -> bool:
        """Whether the works to choose from are told apart by their captions and not by their looks."""
        return any(not media.startswith("image/") for media in self.accept)

    @property
    def shown(self) -> str:
        """The value with as many decimals as the step has."""
        if isinstance(self.value, float):
            decimals = 2 if self.step == "any" else len(self.step.partition(".")[2])
            return f"{self.value:.{decimals}f}"
        return str(self.value)


def draw(
    schema: Mapping[str, Any], values: Mapping[str, Any], error: AtelierError | None = None
) -> list[Field]:
    """The controls of a schema in order, holding ``values`` where given, else the defaults."""
    required = set(schema.get("required", ()))
    properties = sorted(
        schema.get("properties", {}).items(), key=lambda item: (item[1].get("x-order", 1000), item[0])
    )
    fields = [_field(name, wanted, values.get(name), name in required) for name, wanted in properties]
    if error is None or error.field is None:
        return fields
    return [
        replace(field, error=_without_name(error.message, field.name)) if field.name == error.field else field
        for field in fields
    ]


def read(schema: Mapping[str, Any], form: MultiDict[str, str]) -> dict[str, Any]:
    """The input that a sent form stands for; what was left empty is absent.

    Raises:
        InvalidInput: a text is no number where one is wanted; the error names the field.
    """
    given: dict[str, Any] = {}
    for name, wanted in schema.get("properties", {}).items():
        texts = form.getlist(name)
        if wanted.get("type") == "boolean":
            if texts:
                given[name] = "true" in texts
        elif texts and texts[0].strip():
            given[name] = _value(name, wanted, texts[0].strip())
    return given


def whole(text: str, name: str, title: str) -> int:
    """The whole number that was typed. Raises InvalidInput, which names the field."""
    if not _WHOLE.fullmatch(text):
        raise InvalidInput(_("%(title)s must be a whole number.", title=title), field=name)
    return int(text)


def with_choices(fields: Iterable[Field], name: str, choices: Sequence[Choice]) -> list[Field]:
    """``fields`` with the choices of one of them filled in."""
    return [replace(field, choices=tuple(choices)) if field.name == name else field for field in fields]


def address(given: Mapping[str, Any]) -> dict[str, Any]:
    """An input as the address of its form carries it, whence `read` takes it again; lists are left out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
        if isinstance(value, str | int | float)
    }


def _field(name: str, wanted: Mapping[str, Any], value: Any, required: bool) -> Field:
    kind = _kind(wanted)
    described = str(wanted.get("description", ""))
    shown = wanted.get("default", "") if value is None else value
    if kind == "seed" and value is None:
        shown = ""
    if kind == "slider" and shown == "":
        shown = wanted.get("minimum", 0)
    if wanted.get("type") == "number" and isinstance(shown, int) and not isinstance(shown, bool):
        shown = float(shown) if kind == "slider" else shown
    return Field(
        name=name,
        kind=kind,
        title=_(wanted.get("title", name)),
        help=_(described) if described else "",
        value=shown,
        minimum=wanted.get("minimum"),
        maximum=wanted.get("maximum"),
        step="any" if kind == "number" and wanted.get("type") == "number" else _step(wanted),
        required=required,
        advanced=bool(wanted.get("x-advanced")),
        choices=_choices(wanted, shown),
        role=str(wanted.get("x-role", "")),
        accept=tuple(wanted.get("x-accept", ())),
    )


def _kind(wanted: Mapping[str, Any]) -> str:
    if "enum" in wanted:
        return "select"
    if wanted.get("type") == "boolean":
        return "checkbox"
    if wanted.get("format") in _REFERENCES:
        return str(wanted["format"])
    widget = wanted.get("x-widget")
    if wanted.get("x-random") or widget == "seed":
        return "seed"
    if wanted.get("type") in ("integer", "number"):
        return "slider" if _slides(wanted) else "number"
    return "dataset" if widget == "dataset" else "text"


def _slides(wanted: Mapping[str, Any]) -> bool:
    """Whether a slider can stand at the default and has few enough stops to aim at."""
    if "minimum" not in wanted or "maximum" not in wanted or wanted.get("x-widget") == "number":
        return False
    step = Decimal(_step(wanted))
    low, high = Decimal(str(wanted["minimum"])), Decimal(str(wanted["maximum"]))
    start = Decimal(str(wanted.get("default", wanted["minimum"])))
    return (high - low) / step <= MOST_STOPS and (start - low) % step == 0


def _step(wanted: Mapping[str, Any]) -> str:
    """The step as a plain decimal: 0.00001 and not 1e-05."""
    given = wanted.get("x-step", wanted.get("multipleOf", 1 if wanted.get("type") == "integer" else 0.01))
    return f"{Decimal(str(given)):f}".removesuffix(".0")


def _choices(wanted: Mapping[str, Any], shown: Any) -> tuple[Choice, ...]:
    titles = wanted.get("x-titles", {})
    return tuple(
        Choice(str(value), _(str(titles.get(str(value), value))) if str(value) else "", value == shown)
        for value in wanted.get("enum", ())
    )


def _value(name: str, wanted: Mapping[str, Any], text: str) -> Any:
    if "enum" in wanted:
        return next((value for value in wanted["enum"] if str(value) == text), text)
    title = _(wanted.get("title", name))
    if wanted.get("type") == "integer":
        return whole(text, name, title)
    if wanted.get("type") == "number":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InvalidInput(_("%(title)s must be a number.", title=title), field=name)
        return number
    return text


def _without_name(message: str, name: str) -> str:
    shown = message.removeprefix(f"{name}: ")
    # A message that began otherwise may begin with the name of a file, which stays as it is.
    return shown if shown == message else shown[:1].upper() + shown[1:]
