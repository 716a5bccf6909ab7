"""Create: pick a model, turn its dials, and see what it makes in place."""

from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from shared import views
from shared.catalogue import FamilyDescription, OperationDescription, get_family
from shared.errors import AtelierError, BadFile, InvalidInput, NotFound
from shared.library import Model, Version
from web import captions, forms, uploads
from web.context import OWNER, services
from web.forms import Choice, Field
from web.pages import choosing
from web.pages.showcase import Card, model_cards
from web.problems import wants_json
from web.references import artifact_fields, find_version
from web.security import check_form_token
from web.submission import predict
from web.texts import _

blueprint = Blueprint("create", __name__)
#: Works beside the form.
JUST_MADE = 12
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
        return [operation for operation in self.family.operations if operation.needs == "version"]


@blueprint.get("/")
def index() -> str:
    """The page, its form filled from the address."""
    cards = model_cards()
    desk = _desk(request.args, cards)
    values = {} if desk is None else _lenient(desk.operation, request.args)
    return _render(cards, desk, values)


@blueprint.post("/create")
def submit() -> Response | tuple[str, int]:
    """Take the form in: on to the job, or back to the form with the error beside its field."""
    uploads.form_of_fields()
    check_form_token()
    cards = model_cards()
    desk = _desk(request.form, cards)
    if desk is None:
        raise NotFound("there is no model to work with yet")
    sent: dict[str, str] = {}
    try:
        _take_files(desk.operation, sent)
        given = forms.read(desk.operation.input_schema, request.form) | sent
        job = predict(desk.version, desk.model, desk.operation.name, given).job
    except AtelierError as error:
        if wants_json() or not isinstance(error, InvalidInput | BadFile):
            raise
        # What was sent is kept for the next try, so that it need not be sent again.
        return _render(cards, desk, _lenient(desk.operation, request.form) | sent, error), error.status
    page = url_for("jobs.page", job_id=job.id)
    if wants_json():
        answer = jsonify({"id": job.id, "page": page, "made": url_for("jobs.made", job_id=job.id)})
        answer.status_code = 202
        return answer
    return redirect(page, 303)


def _render(
    cards: list[Card], desk: Desk | None, values: dict[str, Any], error: AtelierError | None = None
) -> str:
    if desk is None:
        return render_template("create_empty.html", cards=cards)
    made = views.works_page(services().db, OWNER, version_id=desk.version.id, limit=JUST_MADE)
    took = views.recent_durations(
        services().db,
        family=desk.family.name,
        operation=desk.operation.name,
        version_id=desk.version.id,
        limit=20,
    )
    return render_template(
        "create.html",
        cards=cards,
        desk=desk,
        fields=_fields(desk, values, error),
        error=error,
        made=captions.hang(made),
        took=median(took) if took else None,
    )


def _desk(asked: MultiDict[str, str], cards: list[Card]) -> Desk | None:
    """What the request asks for, or the newest model and its first operation."""
    ready = [card.model for card in cards if card.version_id is not None]
    if not ready:
        return None
    names = {model.name: model for model in ready}
    model = names.get(asked.get("model", ""), ready[0])
    reference = asked.get("version") or f"{model.owner_id}/{model.name}"
    version, model = find_version(reference)
    family = get_family(services().db, version.family)
    serving = [operation for operation in family.operations if operation.needs == "version"]
    name = asked.get("operation") or serving[0].name
    return Desk(model, version, family, family.operation(name))


def _fields(desk: Desk, values: dict[str, Any], error: AtelierError | None) -> list[Field]:
    fields = forms.draw(desk.operation.input_schema, values, error)
    for name, wanted in artifact_fields(desk.operation.input_schema).items():
        chosen = str(values.get(name) or "")
        fields = forms.with_choices(fields, name, choosing.choices(desk.version, chosen, wanted))
    return _with_classes(fields, desk.version)


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


def _take_files(operation: OperationDescription, sent: dict[str, str]) -> None:
    """Put the ids of the files that the form carries into ``sent``, by field."""
    for name, wanted in artifact_fields(operation.input_schema).items():
        upload = uploads.field_file(name, wanted.accept) if wanted.accept else None
        if upload is not None:
            sent[name] = upload.id


def _lenient(operation: OperationDescription, asked: MultiDict[str, str]) -> dict[str, Any]:
    """The values in an address or in a refused form, as far as they can be read."""
    values: dict[str, Any] = {}
    for name in operation.input_schema.get("properties", {}):
        if name in asked:
            try:
                values |= forms.read(
                    {"properties": {name: operation.input_schema["properties"][name]}}, asked
                )
            except InvalidInput:
                values[name] = asked[name]
    return values
