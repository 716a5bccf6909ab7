"""Models: what users name."""

from flask import Blueprint, Response, jsonify, request

from shared import library, views
from shared.catalogue import get_family
from shared.errors import InvalidInput
from shared.library import Model
from web import strict_json
from web.api import common
from web.context import OWNER, services
from web.present import library as present

blueprint = Blueprint("api_models", __name__, url_prefix="/v1/models")
#: Keys of Replicate's that mean nothing on one's own machines.
IGNORED = frozenset({"visibility", "hardware", "github_url", "paper_url", "license_url", "cover_image_url"})


@blueprint.get("")
def index() -> Response:
    """Every model, the newest first."""
    return jsonify(
        {"previous": None, "next": None, "results": _documents(library.list_models(services().db))}
    )


@blueprint.route("", methods=["QUERY"])
def find() -> Response:
    """The models whose name, title or description holds the text in the body."""
    wanted = request.get_data(as_text=True)[:200].strip().lower()
    rows = [
        row
        for row in library.list_models(services().db)
        if wanted in f"{row.name} {row.title} {row.description}".lower()
    ]
    return jsonify({"previous": None, "next": None, "results": _documents(rows)})


@blueprint.post("")
def create() -> tuple[Response, int]:
    """Make a model without a version; trainings fill it."""
    body = strict_json.body()
    common.given_input(body, frozenset({"owner", "name", "family", "title", "description"}) | IGNORED)
    if body.get("owner", OWNER) != OWNER:
        raise InvalidInput(f"the owner must be {OWNER}", field="owner")
    family = common.text(body, "family")
    if family is None:
        raise InvalidInput("name the family; GET /v1/families lists them", field="family")
    row = library.ensure_model(
        services().db,
        owner_id=OWNER,
        name=common.text(body, "name") or "",
        family=get_family(services().db, family).name,
        title=common.text(body, "title"),
        description=common.text(body, "description", most=2000) or "",
    )
    return jsonify(_documents([row])[0]), 201


@blueprint.get("/<owner>/<name>")
def get(owner: str, name: str) -> Response:
    """One model."""
    return jsonify(_documents([library.get_model(services().db, owner, name)])[0])


def _documents(rows: list[Model]) -> list[dict[str, object]]:
    db = services().db
    newest = views.latest_versions(db)
    runs = views.run_counts(db)
    covers = views.version_files(db, newest.values(), ("grid", "sample"), each=1)
    documents = []
    for row in rows:
        latest = library.get_version(db, newest[row.id]) if row.id in newest else None
        files = covers.get(newest.get(row.id, ""), [])
        cover = files[0].id if files else None
        documents.append(present.model(row, latest, runs=runs.get(row.id, 0), cover=cover))
    return documents
