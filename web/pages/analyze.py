"""Analyze: hand a picture or a tune to the newest that can look at it, and go on to what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from shared import views
from shared.errors import AtelierError, BadFile, InvalidInput, NotFound
from shared.files import Artifact, get_artifact
from web import captions, forms, uploads
from web.context import OWNER, services
from web.forms import Choice, Field
from web.pages import choosing
from web.pages.desk import lenient
from web.pieces import PIECE
from web.references import Wanted
from web.roles import ADVISE, ANALYZE
from web.security import check_form_token
from web.submission import predict
from web.takers import Taker, accepted_by, takers
from web.texts import _

blueprint = Blueprint("analyze", __name__)
SUBJECT, CHOSEN = "subject", "analyser"
#: Works to choose from, and analyses of late beside the form.
TO_CHOOSE, LATELY = 24, 6


@dataclass(frozen=True, slots=True)
class Able:
    """Who can look at a work, and who gives advice, the newest first; with the analyser asked for."""

    analysers: list[Taker]
    advisers: list[Taker]

    @property
    def accept(self) -> tuple[str, ...]:
        """What at least one of them takes."""
        return accepted_by([*self.analysers, *self.advisers])

    @property
    def sees_pictures(self) -> bool:
        """Whether somebody analyzes pictures."""
        return any(media.startswith("image/") for media in accepted_by(self.analysers))

    @property
    def hears_music(self) -> bool:
        """Whether somebody analyzes music."""
        return PIECE in accepted_by(self.analysers)


@blueprint.get("/analyze")
def index() -> str:
    """The page, its form filled from the address."""
    able = _able(request.args.get(CHOSEN, ""))
    return _render(able, request.args, request.args.get(SUBJECT, ""))


@blueprint.post("/analyze")
def submit() -> Response | tuple[str, int]:
    """Take a work in and hand it on: to the job and its result, or back to the form with what is wrong."""
    uploads.form_of_fields()
    check_form_token()
    able, subject = _able(request.form.get(CHOSEN, "")), ""
    try:
        work = _subject(able)
        subject = work.id
        taker = _taker(able, work)
        given = {taker.field: work.id} | (_aim(taker) if taker.operation.name == ADVISE else {})
        job = predict(taker.version, taker.model, taker.operation.name, given).job
    except (InvalidInput, BadFile) as error:
        return _render(able, request.form, subject, error), error.status
    return redirect(url_for("jobs.page", job_id=job.id, on=1), 303)


def _able(asked: str) -> Able:
    return Able(takers(ANALYZE, asked), takers(ADVISE))


def _subject(able: Able) -> Artifact:
    """The work that the form brings or names. Raises InvalidInput or BadFile."""
    sent = uploads.field_file(SUBJECT, able.accept)
    if sent is not None:
        return sent
    named = request.form.get(SUBJECT, "")
    if not named:
        raise InvalidInput(_("Choose a picture or a tune first."), field=SUBJECT)
    try:
        return get_artifact(services().db, named, OWNER)
    except NotFound:
        raise InvalidInput(_("This work is not here any more; choose another one."), field=SUBJECT) from None


def _taker(able: Able, work: Artifact) -> Taker:
    """The version that was chosen, or the newest that takes the work. Raises InvalidInput."""
    advising = request.form.get("act") == ADVISE
    chosen = "" if advising else request.form.get(CHOSEN, "")
    among = able.advisers if advising else able.analysers
    fitting = [one for one in among if one.takes(work)]
    found = next((one for one in fitting if one.version.id == chosen), None)
    if found is None and chosen:
        raise InvalidInput(_("This analyser does not take such a work; leave the choice open."), field=CHOSEN)
    if found is None and not fitting:
        raise InvalidInput(_("Nothing here can look at such a work yet: see beside the form."), field=SUBJECT)
    return found or fitting[0]


def _aim(taker: Taker) -> dict[str, Any]:
    """What the maker is after, as the form has it."""
    return forms.read(taker.operation.input_schema, request.form)


def _render(able: Able, values: MultiDict[str, str], subject: str, error: AtelierError | None = None) -> str:
    rows = views.works_page(services().db, OWNER, operation=ANALYZE, limit=LATELY)
    return render_template(
        "analyze.html",
        able=able,
        works=_works(able, subject),
        # What was sent is kept for the next try, so that it need not be sent again.
        subject=subject,
        analyser=values.get(CHOSEN, ""),
        aims=_aims(able, values, error),
        error=error,
        lately=captions.hang(rows),
    )


def _works(able: Able, subject: str) -> Sequence[Choice]:
    if not able.accept:
        return []
    return choosing.choices(None, subject, Wanted(accept=able.accept), TO_CHOOSE)


def _aims(able: Able, values: MultiDict[str, str], error: AtelierError | None) -> list[Field]:
    """The fields of advice besides the work; none while there is no muse."""
    if not able.advisers:
        return []
    taker = able.advisers[0]
    fields = forms.draw(taker.operation.input_schema, lenient(taker.operation, values), error)
    return [field for field in fields if field.name != taker.field]
