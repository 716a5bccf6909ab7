"""Rows of stored files: which job or version made a file, and what it is for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, case, delete, insert, select, update

from shared.database import Database, now
from shared.errors import NotFound
from shared.ids import new_id
from shared.records import NewArtifact
from shared.tables import artifacts, checkpoints

#: The role of a file from outside. One that a job was given goes with that job; one that a job's input names
#: is marked in its ``meta`` and stays; any other is forgotten after a while.
UPLOAD = "upload"
KEPT = artifacts.c.meta["used"].as_boolean().is_(True)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A stored file's row; ``hash`` names its bytes in the store."""

    id: str
    owner_id: str
    hash: str
    size: int
    media_type: str
    role: str
    name: str
    job_id: str | None
    version_id: str | None
    position: int
    width: int | None
    height: int | None
    recipe: dict[str, Any] | None
    meta: dict[str, Any]
    created_at: float


def insert_artifact(
    connection: Connection,
    artifact: NewArtifact,
    *,
    owner_id: str,
    job_id: str | None = None,
    version_id: str | None = None,
) -> str:
    """Insert a file's row inside a transaction and give its id."""
    (identifier,) = insert_artifacts(
        connection, [artifact], owner_id=owner_id, job_id=job_id, version_id=version_id
    )
    return identifier


def insert_artifacts(
    connection: Connection,
    new: Sequence[NewArtifact],
    *,
    owner_id: str,
    job_id: str | None = None,
    version_id: str | None = None,
) -> list[str]:
    """Insert rows of several files inside a transaction and give their ids, in order."""
    rows = [
        {
            "id": new_id(),
            "owner_id": owner_id,
            "hash": artifact.blob.hash,
            "size": artifact.blob.size,
            "media_type": artifact.media_type,
            "role": artifact.role,
            "name": artifact.name,
            "job_id": job_id,
            "version_id": version_id,
            "position": artifact.position,
            "width": artifact.width,
            "height": artifact.height,
            "recipe": None if artifact.recipe is None else dict(artifact.recipe),
            "meta": dict(artifact.meta),
        }
        for artifact in new
    ]
    if rows:
        connection.execute(insert(artifacts).values(created_at=now()), rows)
    return [str(row["id"]) for row in rows]


def record_uploads(db: Database, uploads: Sequence[NewArtifact], owner_id: str) -> list[Artifact]:
    """Record files that came from outside: all of them, or none."""
    with db.begin() as connection:
        made = [insert_artifact(connection, upload, owner_id=owner_id) for upload in uploads]
        rows = [connection.execute(select(artifacts).where(artifacts.c.id == id)).one() for id in made]
    return [_artifact(row) for row in rows]


def keep_upload(connection: Connection, artifact_id: str, owner_id: str) -> bool:
    """Mark an upload as named by a job's input, inside the transaction that queues the job.

    False when it is gone or belongs to a job. Whoever forgets uploads at this moment sees the mark or wins.
    """
    mine = artifacts.c.id == artifact_id, artifacts.c.owner_id == owner_id
    free = artifacts.c.role == UPLOAD, artifacts.c.job_id.is_(None)
    marked = update(artifacts).where(*mine, *free).values(meta={"used": True})
    return connection.execute(marked).rowcount == 1


def get_artifact(db: Database, artifact_id: str, owner_id: str | None = None) -> Artifact:
    """The file with that id. Raises NotFound, also for another owner's."""
    query = select(artifacts).where(artifacts.c.id == artifact_id)
    if owner_id is not None:
        query = query.where(artifacts.c.owner_id == owner_id)
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no file {artifact_id}")
    return _artifact(row)


def artifact_by_hash(db: Database, hash: str, owner_id: str) -> Artifact:
    """The owner's first file with that content; a work made here goes before one of a data set, and both
    before one that was only sent. Raises NotFound.
    """
    mine = artifacts.c.hash == hash, artifacts.c.owner_id == owner_id
    rank = case(
        (artifacts.c.role == "output", 0),
        (artifacts.c.role == "item", 1),
        (artifacts.c.role != UPLOAD, 2),
        (artifacts.c.job_id.is_(None), 3),
        else_=4,
    )
    with db.read() as connection:
        row = connection.execute(
            select(artifacts).where(*mine).order_by(rank, artifacts.c.id).limit(1)
        ).one_or_none()
    if row is None:
        raise NotFound(f"there is no file with the content {hash[:12]}")
    return _artifact(row)


def sibling(db: Database, artifact: Artifact, role: str) -> Artifact:
    """The file of the same job and position with another role (an output's latent). Raises NotFound."""
    query = select(artifacts).where(
        artifacts.c.job_id == artifact.job_id,
        artifacts.c.position == artifact.position,
        artifacts.c.role == role,
    )
    with db.read() as connection:
        row = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"the file {artifact.id} has no {role}")
    return _artifact(row)


def job_artifacts(db: Database, job_id: str, roles: tuple[str, ...] = ()) -> list[Artifact]:
    """A job's files in the order of position and making."""
    query = select(artifacts).where(artifacts.c.job_id == job_id)
    if roles:
        query = query.where(artifacts.c.role.in_(roles))
    with db.read() as connection:
        rows = connection.execute(query.order_by(artifacts.c.position, artifacts.c.id)).all()
    return [_artifact(row) for row in rows]


def version_artifacts(db: Database, version_id: str, roles: tuple[str, ...] = ()) -> list[Artifact]:
    """The files that came with a version (samples, grid) in order of position."""
    query = select(artifacts).where(artifacts.c.version_id == version_id)
    if roles:
        query = query.where(artifacts.c.role.in_(roles))
    with db.read() as connection:
        rows = connection.execute(query.order_by(artifacts.c.position, artifacts.c.id)).all()
    return [_artifact(row) for row in rows]


def forget_artifact(db: Database, artifact_id: str, owner_id: str) -> str | None:
    """Drop a file's row; gives the hash of its bytes when no other row shares them. Raises NotFound."""
    hash = get_artifact(db, artifact_id, owner_id).hash
    with db.begin() as connection:
        connection.execute(delete(artifacts).where(artifacts.c.id == artifact_id))
        return None if referenced(connection, hash) else hash


def referenced(connection: Connection, hash: str) -> bool:
    """Whether a file or a checkpoint has the bytes of that hash."""
    return any(
        connection.execute(select(table.c.hash).where(table.c.hash == hash).limit(1)).first() is not None
        for table in (artifacts, checkpoints)
    )


def unreferenced(db: Database, hashes: Iterable[str]) -> list[str]:
    """Those of the hashes whose bytes no file and no checkpoint has."""
    with db.read() as connection:
        return [hash for hash in dict.fromkeys(hashes) if not referenced(connection, hash)]


def _artifact(row: Row[Any]) -> Artifact:
    return Artifact(**{field.name: row._mapping[field.name] for field in fields(Artifact)})
