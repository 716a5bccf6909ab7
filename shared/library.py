"""Models and their versions: what users name, and the trained networks behind the names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select
from sqlalchemy.exc import IntegrityError

from shared.database import Database, now
from shared.errors import AtelierError, Conflict, InvalidInput, NotFound
from shared.ids import new_id
from shared.records import NewVersion
from shared.tables import jobs, models, versions

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Model:
    """What users name: ``owner_id/name``."""

    id: str
    owner_id: str
    name: str
    title: str
    description: str
    family: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Version:
    """One trained network, immutable; ``id`` is the SHA-256 of its safetensors file."""

    id: str
    model_id: str
    family: str
    family_version: str
    size: int
    config: dict[str, Any]
    card: dict[str, Any]
    dataset_hash: str | None
    job_id: str | None
    created_at: float


def slug(title: str) -> str:
    """A model name made from a title: lower case letters, digits and dashes, "model" when none is left."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "model"


def ensure_model(
    db: Database, *, owner_id: str, name: str, family: str, title: str | None = None, description: str = ""
) -> Model:
    """The model of that name, made when there is none.

    Raises:
        InvalidInput: the name is not one (lower case letters, digits, ``-._``, at most 63).
        Conflict: the name belongs to a model of another family.
    """
    if not NAME.fullmatch(name):
        raise InvalidInput(
            "a model name has lower case letters, digits, '-', '.' or '_', at most 63", field="destination"
        )
    values = {"id": new_id(), "owner_id": owner_id, "name": name, "family": family}
    values |= {"title": title or name, "description": description}
    known = find_model(db, owner_id, name)
    if known is None:
        try:
            with db.begin() as connection:
                connection.execute(insert(models).values(**values, created_at=now()))
        except IntegrityError:
            pass  # somebody made it at the same moment
        known = get_model(db, owner_id, name)
    if known.family != family:
        raise Conflict(f"the model {owner_id}/{name} is of the family {known.family}", field="destination")
    return known


def forget_unused_model(db: Database, model_id: str) -> None:
    """Drop a model that no job and no version names; one that is named stays."""
    named = (exists().where(table.c.model_id == model_id) for table in (jobs, versions))
    try:
        with db.begin() as connection:
            connection.execute(delete(models).where(models.c.id == model_id, *(~one for one in named)))
    except (IntegrityError, AtelierError):
        pass  # somebody named it at the same moment, or the database is away: an empty model does no harm


def find_model(db: Database, owner_id: str, name: str) -> Model | None:
    """The model ``owner_id/name``, or None."""
    with db.read() as connection:
        row = connection.execute(
            select(models).where(models.c.owner_id == owner_id, models.c.name == name)
        ).one_or_none()
    return None if row is None else _model(row)


def get_model(db: Database, owner_id: str, name: str) -> Model:
    """The model ``owner_id/name``. Raises NotFound."""
    model = find_model(db, owner_id, name)
    if model is None:
        raise NotFound(f"there is no model {owner_id}/{name}")
    return model


def model_by_id(db: Database, model_id: str) -> Model:
    """The model with that id. Raises NotFound."""
    with db.read() as connection:
        row = connection.execute(select(models).where(models.c.id == model_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no model {model_id}")
    return _model(row)


def list_models(db: Database) -> list[Model]:
    """Every model, the newest first."""
    with db.read() as connection:
        newest = select(models).order_by(models.c.created_at.desc(), models.c.id.desc())
        rows = connection.execute(newest).all()
    return [_model(row) for row in rows]


def get_version(db: Database, version_id: str) -> Version:
    """The version with that id. Raises NotFound."""
    with db.read() as connection:
        row = connection.execute(select(versions).where(versions.c.id == version_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no version {version_id}", field="version")
    return _version(row)


def list_versions(db: Database, model_id: str) -> list[Version]:
    """A model's versions, the newest first."""
    with db.read() as connection:
        rows = connection.execute(
            select(versions)
            .where(versions.c.model_id == model_id)
            .order_by(versions.c.created_at.desc(), versions.c.id)
        ).all()
    return [_version(row) for row in rows]


def latest_version(db: Database, model_id: str) -> Version | None:
    """A model's newest version, or None while it has none."""
    found = list_versions(db, model_id)
    return found[0] if found else None


def insert_version(connection: Connection, new: NewVersion, *, model_id: str, job_id: str | None) -> str:
    """Insert a version inside a transaction and give its id; the same weights again change nothing."""
    known = connection.execute(select(versions.c.id).where(versions.c.id == new.weights.hash)).first()
    if known is None:
        connection.execute(
            insert(versions).values(
                id=new.weights.hash,
                model_id=model_id,
                family=new.family,
                family_version=new.family_version,
                size=new.weights.size,
                config=dict(new.config),
                card=dict(new.card),
                dataset_hash=new.dataset_hash,
                job_id=job_id,
                created_at=now(),
            )
        )
    return new.weights.hash


def _values(row: Row[Any], record: type[Any]) -> Mapping[str, Any]:
    return {field.name: row._mapping[field.name] for field in fields(record)}


def _model(row: Row[Any]) -> Model:
    return Model(**_values(row, Model))


def _version(row: Row[Any]) -> Version:
    return Version(**_values(row, Version))
