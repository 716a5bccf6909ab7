"""Train: a form drawn from a family's schema, with the estimate beside it, for one data set."""

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shared.catalogue import FamilyDescription, OperationDescription, check_input, get_family
from shared.datasets import Dataset, get_dataset
from shared.errors import AtelierError, InvalidInput, NotFound
from shared.library import Model, Version, slug
from web import estimates, forms
from web.context import OWNER, services
from web.estimates import Estimate
from web.forms import Field
from web.learners import families_for
from web.pages import choosing, lessons
from web.problems import wants_json
from web.references import find_version
from web.roles import ANALYSER, role
from web.security import check_form_token
from web.submission import train, training_operation
from web.texts import _

blueprint = Blueprint("train", __name__)


@blueprint.get("/datasets/<dataset_id>/train")
def page(dataset_id: str) -> str:
    """The form; with ``part`` only the estimate for what it holds."""
    dataset = get_dataset(services().db, dataset_id, OWNER)
    family = _family(dataset, request.args.get("family"))
    values = _values(family, dataset)
    if "part" in request.args:
        course = estimates.course(family)
        return render_template("estimate.html", estimate=_estimate(family, values), course=course)
    return _render(dataset, family, values)


@blueprint.post("/datasets/<dataset_id>/train")
def submit(dataset_id: str) -> Response | tuple[str, int]:
    """Queue the training, or back to the form with the error beside its field."""
    check_form_token()
    dataset = get_dataset(services().db, dataset_id, OWNER)
    family = _family(dataset, request.form.get("family"))
    title = request.form.get("title", "").strip()
    try:
        job = _train(dataset, family, title)
    except AtelierError as error:
        if wants_json() or error.status not in (409, 422):
            raise
        return _render(dataset, family, _values(family, dataset), error), error.status
    address = url_for("jobs.page", job_id=job.id)
    if wants_json():
        answer = jsonify({"id": job.id, "page": address})
        answer.status_code = 202
        return answer
    return redirect(address, 303)


def _train(dataset: Dataset, family: FamilyDescription, title: str) -> Any:
    if not 0 < len(title) <= 100:
        raise InvalidInput(_("Give the model a name of 1 to 100 characters."), field="title")
    given = forms.read(training_operation(family).input_schema, request.form) | {"dataset": dataset.id}
    version = _begun()[0]
    return train(family.name, given, destination=f"{OWNER}/{slug(title)}", title=title, base=version).job


def _begun() -> tuple[Version, Model] | tuple[None, None]:
    """The version that the training goes on from, and its model; nothing for one from the beginning."""
    reference = request.values.get("version")
    return find_version(reference) if reference else (None, None)


def _family(dataset: Dataset, name: str | None) -> FamilyDescription:
    if name:
        return get_family(services().db, name)
    able = families_for(dataset)
    if not able:
        raise NotFound(_("No worker that can train has been here yet: start one with “atelier worker”."))
    return able[0]


def _values(family: FamilyDescription, dataset: Dataset) -> dict[str, Any]:
    """What the request's form or address holds, as far as it can be read."""
    schema = training_operation(family).input_schema
    values: dict[str, Any] = {}
    for name, wanted in schema.get("properties", {}).items():
        try:
            values |= forms.read({"properties": {name: wanted}}, request.values)
        except InvalidInput:
            values[name] = request.values[name]
    return values | {"dataset": dataset.id}


def _estimate(family: FamilyDescription, values: dict[str, Any]) -> Estimate | None:
    try:
        return estimates.training(family, check_input(training_operation(family), values))
    except InvalidInput:
        return None


def _render(
    dataset: Dataset, family: FamilyDescription, values: dict[str, Any], error: AtelierError | None = None
) -> str:
    operation = training_operation(family)
    shown = error if isinstance(error, InvalidInput) else None
    version, model = _begun()
    # A new version of a model is what going on from one is for; any other training gets a name of its own.
    name = lessons.model_title(family, dataset) if model is None else lessons.called(model)
    return render_template(
        "train.html",
        dataset=dataset,
        family=family,
        families=[(one, lessons.title(one, dataset)) for one in families_for(dataset)],
        warnings=lessons.warnings(dataset) if role(family) == ANALYSER else [],
        fields=_fields(operation, values, shown),
        estimate=_estimate(family, values),
        course=estimates.course(family),
        title=request.values.get("title", name),
        version=version,
        model=model,
        error=error,
    )


def _fields(
    operation: OperationDescription, values: dict[str, Any], error: InvalidInput | None
) -> list[Field]:
    """The controls, without the data set that the page is about."""
    drawn = forms.draw(operation.input_schema, values, error)
    rest = [field for field in drawn if field.kind != "dataset" and field.name != "dataset"]
    return choosing.named_things(rest, operation.input_schema)
