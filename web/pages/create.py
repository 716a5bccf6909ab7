"""Create: pick a model, turn its dials, and see what it makes in place."""

from statistics import median
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from shared import views
from shared.errors import AtelierError, BadFile, InvalidInput, NotFound
from web import captions, forms, uploads
from web.context import OWNER, services
from web.pages.desk import Desk, desk_of, fields_of, lenient, take_files
from web.pages.showcase import Card, model_cards
from web.problems import wants_json
from web.security import check_form_token
from web.submission import predict
from web.texts import _

blueprint = Blueprint("create", __name__)
#: Works beside the form.
JUST_MADE = 12


@blueprint.get("/")
def index() -> str:
    """The page, its form filled from the address."""
    cards = model_cards()
    lacking = _lacking(request.args, cards)
    if lacking is not None:
        return render_template("create_empty.html", asked=lacking)
    desk = _desk(request.args, cards)
    values = {} if desk is None else lenient(desk.operation, request.args)
    return _render(cards, desk, values)


@blueprint.post("/create")
def submit() -> Response | tuple[str, int]:
    """Take the form in: on to the job, or back to the form with the error beside its field."""
    uploads.form_of_fields()
    check_form_token()
    cards = model_cards()
    lacking = _lacking(request.form, cards)
    if lacking is not None:
        raise NotFound(_("%(model)s has no version yet.", model=lacking.model.title), field="model")
    desk = _desk(request.form, cards)
    if desk is None:
        raise NotFound("there is no model to work with yet")
    sent: dict[str, str] = {}
    try:
        take_files(desk.operation, sent)
        given = forms.read(desk.operation.input_schema, request.form) | sent
        job = predict(desk.version, desk.model, desk.operation.name, given).job
    except AtelierError as error:
        if wants_json() or not isinstance(error, InvalidInput | BadFile):
            raise
        # What was sent is kept for the next try, so that it need not be sent again.
        return _render(cards, desk, lenient(desk.operation, request.form) | sent, error), error.status
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
        learning = any(card.makes and card.untaught and card.untaught.training for card in cards)
        return render_template("create_empty.html", asked=None, learning=learning)
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
        # Who makes nothing by itself is met on the pages of Analyze and Muse, and here once it is asked for.
        cards=[card for card in cards if card.makes or card.model.id == desk.model.id],
        desk=desk,
        fields=fields_of(desk, values, error),
        error=error,
        made=captions.hang(made),
        took=median(took) if took else None,
    )


def _lacking(asked: MultiDict[str, str], cards: list[Card]) -> Card | None:
    """The model that is asked for, when it has no version: no other one may stand in for it."""
    wanted = "" if asked.get("version") else asked.get("model", "")
    return next((card for card in cards if card.untaught and card.model.name == wanted), None)


def _desk(asked: MultiDict[str, str], cards: list[Card]) -> Desk | None:
    """What the request asks for, or the newest model that makes works and its first operation."""
    ready = {card.model.name: card for card in cards if card.version_id is not None}
    chosen = ready.get(asked.get("model", "")) or next((card for card in ready.values() if card.makes), None)
    if chosen is None and not asked.get("version"):
        return None
    reference = asked.get("version") or (chosen and f"{chosen.model.owner_id}/{chosen.model.name}")
    return desk_of(str(reference), asked.get("operation"))
