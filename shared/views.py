"""What pages and lists show: read-only queries over several tables. Nothing here writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select

from shared.database import Database
from shared.datasets import THUMBNAIL
from shared.files import Artifact
from shared.lifecycle import State
from shared.records import Job, job_of
from shared.tables import JOB, artifacts, checkpoints, dataset_items, jobs, models, versions


@dataclass(frozen=True, slots=True)
class Work:
    """A finished output with what made it; ``thumbnail_id`` is its small copy, or itself."""

    artifact: Artifact
    thumbnail_id: str
    operation: str
    family: str
    model_id: str | None
    version_id: str | None


_COLUMNS = tuple(artifacts.c[field.name] for field in fields(Artifact))
_WORKS = (
    select(*_COLUMNS, jobs.c.operation, jobs.c.family, jobs.c.model_id, jobs.c.version_id.label("made_by"))
    .join(jobs, jobs.c.id == artifacts.c.job_id)
    .where(artifacts.c.role == "output", jobs.c.state == State.SUCCEEDED)
)


def _artifact(row: Row[*tuple[Any, ...]]) -> Artifact:
    return Artifact(**{field.name: row._mapping[artifacts.c[field.name]] for field in fields(Artifact)})


def get_artifacts(db: Database, artifact_ids: Iterable[str], owner_id: str) -> list[Artifact]:
    """Those of the files that exist and belong to the owner, in the order asked for."""
    wanted = list(artifact_ids)
    query = select(*_COLUMNS).where(artifacts.c.id.in_(wanted), artifacts.c.owner_id == owner_id)
    with db.read() as connection:
        found = {row.id: _artifact(row) for row in connection.execute(query)}
    return [found[identifier] for identifier in wanted if identifier in found]


def files_page(
    db: Database, owner_id: str, role: str, *, before: str | None = None, limit: int = 50
) -> list[Artifact]:
    """An owner's files of one role, the newest first, from the one behind the id ``before``."""
    query = select(*_COLUMNS).where(artifacts.c.role == role, artifacts.c.owner_id == owner_id)
    if before is not None:
        query = query.where(artifacts.c.id < before)
    with db.read() as connection:
        rows = connection.execute(query.order_by(artifacts.c.id.desc()).limit(limit)).all()
    return [_artifact(row) for row in rows]


def works_page(
    db: Database,
    owner_id: str,
    *,
    before: str | None = None,
    limit: int = 48,
    model_id: str | None = None,
    version_id: str | None = None,
    operation: str | None = None,
    kinds: Sequence[tuple[str, str]] = (),
    beside: str | None = None,
    media: Sequence[str] = (),
    only: str | None = None,
) -> list[Work]:
    """Finished outputs, the newest first, from the one behind the id ``before``.

    A result that was taken from an equal earlier request is shown once, where it was made. ``kinds`` are
    pairs of a family and its operation. ``beside`` names a role: only outputs that have a file of that role
    with them. ``media`` are media types: one must be that file's, or the output's own without ``beside``.
    ``only`` is the one output to show, wherever it was made.
    """
    query = _WORKS.where(artifacts.c.owner_id == owner_id)
    query = query.where(jobs.c.cached_from.is_(None) if only is None else artifacts.c.id == only)
    if before is not None:
        query = query.where(artifacts.c.id < before)
    if model_id is not None:
        query = query.where(jobs.c.model_id == model_id)
    if version_id is not None:
        query = query.where(jobs.c.version_id == version_id)
    if operation is not None:
        query = query.where(jobs.c.operation == operation)
    if kinds:
        query = query.where(or_(*(_kind(*kind) for kind in kinds)))
    query = query.where(*_fitting(beside, media)).order_by(artifacts.c.id.desc())
    with db.read() as connection:
        rows = connection.execute(query.limit(limit)).all()
    small = thumbnails(db, [row.job_id for row in rows])
    return [_work(row, small.get((row.job_id, row.position), row.id)) for row in rows]


def _work(row: Row[*tuple[Any, ...]], thumbnail_id: str) -> Work:
    return Work(_artifact(row), thumbnail_id, row.operation, row.family, row.model_id, row.made_by)


def _kind(family: str, operation: str) -> ColumnElement[bool]:
    return and_(jobs.c.family == family, jobs.c.operation == operation)


def _fitting(beside: str | None, media: Sequence[str]) -> list[ColumnElement[bool]]:
    """What the file of the role ``beside`` an output must be, or the output itself without a role."""
    if beside is None:
        return [artifacts.c.media_type.in_(media)] if media else []
    other = artifacts.alias("beside")
    fits = [other.c.media_type.in_(media)] if media else []
    same = other.c.job_id == artifacts.c.job_id, other.c.position == artifacts.c.position
    return [exists().where(*same, other.c.role == beside, *fits)]


def thumbnails(
    db: Database, job_ids: Iterable[str], positions: Iterable[int] | None = None
) -> dict[tuple[str, int], str]:
    """The ids of the small copies of jobs' outputs, by (job, position).

    Only those at ``positions``, where some are given: a job that took in a data set has thousands.
    """
    query = select(artifacts.c.job_id, artifacts.c.position, artifacts.c.id).where(
        artifacts.c.job_id.in_(set(job_ids)), artifacts.c.role == "thumbnail"
    )
    if positions is not None:
        query = query.where(artifacts.c.position.in_(set(positions)))
    with db.read() as connection:
        return {(row.job_id, row.position): row.id for row in connection.execute(query)}


def version_files(
    db: Database, version_ids: Iterable[str], roles: Sequence[str], *, each: int = 4
) -> dict[str, list[Artifact]]:
    """The first ``each`` files per version and role, in order of position."""
    rank = (
        func.row_number()
        .over(
            partition_by=(artifacts.c.version_id, artifacts.c.role),
            order_by=(artifacts.c.position, artifacts.c.id),
        )
        .label("rank")
    )
    ranked = (
        select(artifacts.c.id, rank)
        .where(artifacts.c.version_id.in_(list(version_ids)), artifacts.c.role.in_(roles))
        .subquery()
    )
    query = (
        select(*_COLUMNS)
        .join(ranked, ranked.c.id == artifacts.c.id)
        .where(ranked.c.rank <= each)
        .order_by(artifacts.c.role, artifacts.c.position, artifacts.c.id)
    )
    found: dict[str, list[Artifact]] = {}
    with db.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.version_id, []).append(_artifact(row))
    return found


def latest_versions(db: Database) -> dict[str, str]:
    """Each model's newest version, by model id."""
    newest = select(versions.c.model_id, versions.c.id).order_by(versions.c.created_at, versions.c.id.desc())
    with db.read() as connection:
        return {row.model_id: row.id for row in connection.execute(newest)}


def latest_trainings(db: Database, model_ids: Iterable[str]) -> dict[str, Job]:
    """The training that tells how each of the models stands, by model id: one that waits or runs, else the
    newest.
    """
    query = (
        select(*JOB)
        .where(jobs.c.lane == "training", jobs.c.model_id.in_(list(model_ids)))
        .order_by(jobs.c.finished_at.is_(None), jobs.c.id)
    )
    with db.read() as connection:
        return {row.model_id: job_of(row) for row in connection.execute(query)}


def run_counts(db: Database) -> dict[str, int]:
    """How many jobs each model has served, by model id."""
    query = (
        select(jobs.c.model_id, func.count().label("runs"))
        .where(jobs.c.model_id.is_not(None), jobs.c.lane == "interactive")
        .group_by(jobs.c.model_id)
    )
    with db.read() as connection:
        return {row.model_id: row.runs for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Open:
    """How many of an owner's jobs have not ended: in line, held back by the owner, running."""

    waiting: int
    paused: int
    running: int


def open_counts(db: Database, owner_id: str) -> Open:
    """What an owner has in the queue and in hand; as quick with a million ended jobs as with none."""
    query = (
        select(jobs.c.state, jobs.c.paused, func.count().label("total"))
        .where(jobs.c.owner_id == owner_id, jobs.c.state.in_((State.QUEUED, State.PROCESSING)))
        .group_by(jobs.c.state, jobs.c.paused)
    )
    with db.read() as connection:
        totals = {(row.state, bool(row.paused)): int(row.total) for row in connection.execute(query)}
    running = sum(total for (state, _), total in totals.items() if state == State.PROCESSING)
    return Open(totals.get((State.QUEUED, False), 0), totals.get((State.QUEUED, True), 0), running)


def item_covers(db: Database, dataset_ids: Iterable[str], *, each: int = 4) -> dict[str, list[str]]:
    """The artifact ids of the first works of data sets; of a small copy where the work names one."""
    query = (
        select(dataset_items.c.dataset_id, dataset_items.c.artifact_id, dataset_items.c.meta)
        .where(and_(dataset_items.c.dataset_id.in_(list(dataset_ids)), dataset_items.c.position < each))
        .order_by(dataset_items.c.dataset_id, dataset_items.c.position)
    )
    found: dict[str, list[str]] = {}
    with db.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.dataset_id, []).append(row.meta.get(THUMBNAIL) or row.artifact_id)
    return found


def recent_durations(
    db: Database, *, family: str, operation: str, version_id: str | None = None, limit: int = 50
) -> list[float]:
    """How many seconds the latest jobs of this kind took on a worker, shortest first."""
    query = select(jobs.c.started_at, jobs.c.finished_at).where(
        jobs.c.state == State.SUCCEEDED,
        jobs.c.family == family,
        jobs.c.operation == operation,
        jobs.c.cached_from.is_(None),
        jobs.c.started_at.is_not(None),
    )
    if version_id is not None:
        query = query.where(jobs.c.version_id == version_id)
    with db.read() as connection:
        rows = connection.execute(query.order_by(jobs.c.id.desc()).limit(limit)).all()
    return sorted(row.finished_at - row.started_at for row in rows)


def checkpoint_time(db: Database, job_id: str) -> float | None:
    """When a training was last saved, seconds since 1970; None when it never was."""
    query = select(func.max(checkpoints.c.created_at)).where(checkpoints.c.job_id == job_id)
    with db.read() as connection:
        value = connection.execute(query).scalar_one()
    return None if value is None else float(value)


def files_of_jobs(db: Database, job_ids: Sequence[str], roles: Sequence[str]) -> dict[str, list[Artifact]]:
    """The files of jobs with one of the roles, by job, in order of role and position."""
    if not job_ids:
        return {}
    query = (
        select(*_COLUMNS)
        .where(artifacts.c.job_id.in_(job_ids), artifacts.c.role.in_(roles))
        .order_by(artifacts.c.role, artifacts.c.position, artifacts.c.id)
    )
    found: dict[str, list[Artifact]] = {}
    with db.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.job_id, []).append(_artifact(row))
    return found


def model_names(db: Database, model_ids: Iterable[str]) -> dict[str, str]:
    """``owner/name`` of models, by id."""
    query = select(models.c.id, models.c.owner_id, models.c.name).where(models.c.id.in_(list(model_ids)))
    with db.read() as connection:
        return {row.id: f"{row.owner_id}/{row.name}" for row in connection.execute(query)}


def model_titles(db: Database, model_ids: Iterable[str]) -> dict[str, str]:
    """Titles of models, by id."""
    query = select(models.c.id, models.c.title).where(models.c.id.in_(list(model_ids)))
    with db.read() as connection:
        return {row.id: row.title for row in connection.execute(query)}
