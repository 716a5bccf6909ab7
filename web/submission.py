"""From a request to a queued job: look up, check, submit, ring. The pages and the API both come here."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from shared import jobs, library
from shared.catalogue import (
    LARGEST_SEED,
    FamilyDescription,
    OperationDescription,
    check_input,
    get_family,
    list_families,
)
from shared.errors import AtelierError, InvalidInput, NotFound, Unavailable
from shared.files import Artifact
from shared.jobs import NewJob, Submitted
from shared.library import Model, Version
from web import estimates, uploads
from web.context import OWNER, services
from web.files_named import NO_ID, FilesNamed
from web.learners import check_media, named_dataset
from web.references import resolve


def predict(
    version: Version,
    model: Model,
    operation_name: str,
    given: Mapping[str, Any],
    *,
    key: str | None = None,
    priority: int = 0,
) -> Submitted:
    """Queue an operation on a version.

    Raises:
        NotFound, InvalidInput, QuotaExceeded, IdempotencyMismatch: nothing was queued.
    """
    family = family_of(version)
    operation = family.operation(operation_name)
    if operation.needs != "version":
        raise InvalidInput(f"{operation.name} does not run on a version", field="operation")
    complete, named = _complete(operation, given, key)
    known = named.by_content(complete)
    return _submit(
        _new_job(family, operation, complete, key, version.id),
        named,
        priority=priority,
        model_id=model.id,
        version_id=version.id,
        batch_key=f"{version.id}:{operation.name}" if operation.batchable else None,
        cache_key=jobs.cache_key(version.id, family.version, operation.name, known),
    )


def train(
    family_name: str,
    given: Mapping[str, Any],
    *,
    destination: str,
    title: str | None = None,
    base: Version | None = None,
    key: str | None = None,
    priority: int = 0,
) -> Submitted:
    """Queue a training that becomes a version of the model ``owner/name`` in ``destination``.

    Raises:
        NotFound, InvalidInput, Conflict, QuotaExceeded, IdempotencyMismatch: nothing was queued.
    """
    family = get_family(services().db, family_name)
    operation = training_operation(family)
    if base is not None and base.family != family.name:
        raise InvalidInput(f"the version is of the family {base.family}, not {family.name}", field="version")
    dataset = named_dataset(given)
    if dataset is not None:
        check_media(family, dataset)
        given = dict(given) | {"dataset": dataset.id}
    complete, named = _complete(operation, given, key)
    owner, slash, name = destination.rpartition("/")
    if slash and owner != OWNER:
        raise InvalidInput(f"the destination must be {OWNER}/<name>", field="destination")
    values = _new_job(family, operation, complete, key) | {"priority": priority}
    # How long it takes is what was asked for, whatever others took.
    seconds = estimates.training(family, complete).seconds
    if seconds is not None:
        values["cost_seconds"] = seconds
    db = services().db
    new = library.find_model(db, OWNER, name) is None
    model = library.ensure_model(db, owner_id=OWNER, name=name, family=family.name, title=title or None)
    try:
        return _submit(values, named, model_id=model.id, version_id=None if base is None else base.id)
    except AtelierError:
        if new:
            library.forget_unused_model(db, model.id)
        raise


def ingest(name: str, sent: Sequence[Artifact], *, key: str | None = None) -> Submitted:
    """Queue the making of a data set from uploaded files; a repeated request is known by their content.

    Raises:
        Unavailable: no worker takes files in. InvalidInput, QuotaExceeded: nothing was queued.
    """
    family, operation = ingest_operation()
    complete = check_input(operation, {"name": name, "files": [upload.id for upload in sent]})
    request = {"name": name, "files": [[upload.name, upload.hash] for upload in sent]}
    return _submit(
        _new_job(family, operation, complete, key), request=request, uploads=tuple(complete["files"])
    )


def ingest_operation() -> tuple[FamilyDescription, OperationDescription]:
    """The operation that makes data sets. Raises Unavailable while no worker has announced it."""
    for family in list_families(services().db):
        for operation in family.operations:
            if operation.needs == "files":
                return family, operation
    raise Unavailable(
        "No worker takes files in yet: Atelier may still be starting. Try again in a few seconds; "
        "if it stays so, start one with: atelier worker"
    )


def family_of(version: Version) -> FamilyDescription:
    """What a worker said of the version's family. Raises Unavailable while none has come that serves it."""
    try:
        return services().moment.family(version.family)
    except NotFound:
        raise Unavailable(
            f"No worker that serves {version.family} has come yet: Atelier may still be starting. Try again "
            "in a few seconds; if it stays so, start one with: atelier worker"
        ) from None


def training_operation(family: FamilyDescription) -> OperationDescription:
    """The operation by which a family learns. Raises NotFound."""
    for operation in family.operations:
        if operation.needs == "dataset":
            return operation
    raise NotFound(f"{family.title} cannot be trained", field="family")


def device_kind() -> str:
    """The fastest kind of device that a worker has: "cuda", else "cpu"."""
    kinds = {worker.device.split(":")[0] for worker in services().moment.workers()}
    return "cuda" if "cuda" in kinds else "cpu"


def _complete(
    operation: OperationDescription, given: Mapping[str, Any], key: str | None
) -> tuple[dict[str, Any], FilesNamed]:
    """The input, checked, and the files from outside in it. What is not stored yet has no id there yet."""
    resolved = resolve(operation.input_schema, _seeded(operation, given, key))
    complete = check_input(operation, resolved.input | dict.fromkeys(resolved.inside, NO_ID))
    return complete, FilesNamed(resolved.uploads, resolved.inside)


def _seeded(operation: OperationDescription, given: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """A repeated request must give the same job, so its free seeds follow from the idempotency key."""
    seeded = dict(given)
    if key is None:
        return seeded
    for name, wanted in operation.input_schema.get("properties", {}).items():
        if wanted.get("x-random") and name not in seeded:
            low, high = int(wanted.get("minimum", 0)), int(wanted.get("maximum", LARGEST_SEED))
            digest = hashlib.sha256(f"{key}\0{name}".encode()).digest()
            seeded[name] = low + int.from_bytes(digest[:8], "big") % (high - low + 1)
    return seeded


def _new_job(
    family: FamilyDescription,
    operation: OperationDescription,
    complete: dict[str, Any],
    key: str | None,
    version_id: str | None = None,
) -> dict[str, Any]:
    count = complete.get("count", 1)
    known = services().moment.learned(version_id or family.name, operation.name)
    each = (operation.cost or {}).get(device_kind(), 1.0) if known is None else known.p50
    return {
        "owner_id": OWNER,
        "family": family.name,
        "operation": operation.name,
        "lane": operation.lane,
        "input": complete,
        "idempotency_key": key,
        "cost_seconds": each * (count if isinstance(count, int) else 1),
        "max_attempts": services().settings.max_attempts,
        "stall_seconds": operation.stall_seconds,
    }


def _submit(values: Mapping[str, Any], named: FilesNamed | None = None, **more: Any) -> Submitted:
    parts = services()
    jobs.check_priority(values.get("priority", more.get("priority", 0)))
    named = named or FilesNamed()
    with named.stored() as made:
        job = NewJob(**named.into(values, made), **more)
        submitted = jobs.submit(parts.db, job, max_queued=parts.settings.max_queued)
    if not submitted.created:
        uploads.forget(list(made.values()))
    if submitted.created and not submitted.job.finished:
        parts.bell.ring(submitted.job.lane)
    return submitted
