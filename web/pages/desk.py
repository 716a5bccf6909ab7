"""A form for one operation of one version: what it works on, its fields with what there is to choose."""

from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from shared.catalogue import FamilyDescription, OperationDescription, get_family
from shared.errors import AtelierError, InvalidInput
from shared.library import Model, Version
from web import forms, uploads
from web.context import services
from web.forms import Choice, Field
from web.pages import choosing
from web.references import artifact_fields, find_version
from web.roles import makes_works
from web.texts import _

#: By convention a family calls the input that names one of a version's classes so.
CLASS_FIELD = "class_name"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the form works on: a version of a model and one of its family's operations."""

    model: Model
    version: Version
    family: FamilyDescription
    operation: OperationDescription

    @property
    def operations(self) -> list[OperationDescription]:
        """The family's operations on a version."""
        return serving(self.family)

    @property
    def media(self) -> str:
        """The kind of works that the version knows."""
        return str(self.version.card.get("media", self.family.media))

    @property
    def makes(self) -> bool:
        """Whether new works come from it."""
        return makes_works(self.family)


def serving(family: FamilyDescription) -> list[OperationDescription]:
    """A family's operations on a version."""
    return [operation for operation in family.operations if operation.needs == "version"]


def desk_of(reference: str, operation: str | None) -> Desk:
    """The desk of a version and an operation, its family's first where none is named. Raises NotFound."""
    version, model = find_version(reference)
    family = get_family(services().db, version.family)
    return Desk(model, version, family, family.operation(operation or serving(family)[0].name))


def fields_of(desk: Desk, values: dict[str, Any], error: AtelierError | None) -> list[Field]:
    """The controls of the operation, each with what there is to choose."""
    schema = desk.operation.input_schema
    fields = forms.draw(schema, values, error)
    for name, wanted in artifact_fields(schema).items():
        chosen = str(values.get(name) or "")
        fields = forms.with_choices(fields, name, choosing.choices(desk.version, chosen, wanted))
    return _with_classes(choosing.named_things(fields, schema, desk.media), desk.version)


def take_files(operation: OperationDescription, sent: dict[str, str]) -> None:
    """Put the ids of the files that the form carries into ``sent``, by field."""
    for name, wanted in artifact_fields(operation.input_schema).items():
        upload = uploads.field_file(name, wanted.accept) if wanted.accept else None
        if upload is not None:
            sent[name] = upload.id


def lenient(operation: OperationDescription, asked: MultiDict[str, str]) -> dict[str, Any]:
    """The values in an address or in a refused form, as far as they can be read."""
    values: dict[str, Any] = {}
    for name, wanted in operation.input_schema.get("properties", {}).items():
        if name in asked:
            try:
                values |= forms.read({"properties": {name: wanted}}, asked)
            except InvalidInput:
                values[name] = asked[name]
    return values


def _with_classes(fields: list[Field], version: Version) -> list[Field]:
    """The field that names a class offers the version's classes, and is absent when it has none."""
    classes = [str(name) for name in version.config.get("classes", ())]
    shown = []
    for field in fields:
        if field.name != CLASS_FIELD:
            shown.append(field)
        elif classes:
            choices = [Choice("", _("any"), not field.value)]
            choices += [Choice(name, name, name == field.value) for name in classes]
            shown.append(replace(field, kind="select", choices=tuple(choices), advanced=False))
    return shown
