"""Jobs as JSON: predictions, trainings and ingests differ only in their output and addresses."""

from collections.abc import Sequence
from typing import Any

from shared import forecast
from shared.files import UPLOAD, Artifact, job_artifacts
from shared.jobs import Job
from shared.lifecycle import State
from shared.views import files_of_jobs
from web.context import services
from web.present import urls
from web.present.progress_bar import tqdm_line
from web.words import iso

KINDS = {"interactive": "prediction", "training": "training", "ingest": "ingest"}
ENDPOINTS = {"prediction": "predictions", "training": "trainings", "ingest": "ingests"}


def kind(job: Job) -> str:
    """Whether the job is a prediction, a training or an ingest."""
    return KINDS.get(job.lane, "prediction")


def status(job: Job) -> str:
    """The job's state as Replicate's clients know it: what waits is starting."""
    return "starting" if job.state is State.QUEUED else str(job.state)


def one(job: Job) -> dict[str, Any]:
    """A job as JSON, with its place in line, when it may be done and what holds it up."""
    parts = services()
    told = forecast.explain(parts.db, job, listed=0, around=parts.moment)
    return many([job])[0] | {
        "files": _files(job),
        "position": told.place,
        "eta_p50": told.eta_p50,
        "eta_p90": told.eta_p90,
        "blocked_reason": told.blocked_reason,
    }


def _files(job: Job) -> list[dict[str, Any]]:
    """Every file that a finished prediction made: its outputs, and what was made beside each; not what it
    was given, which is never served.
    """
    if job.state is not State.SUCCEEDED or kind(job) != "prediction":
        return []
    found = [file for file in job_artifacts(services().db, job.id) if file.role != UPLOAD]
    return [
        {
            "role": file.role,
            "position": file.position,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "url": urls.artifact(file.id),
        }
        for file in sorted(found, key=lambda file: (file.position, file.role != "output", file.role))
    ]


def many(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Jobs as JSON, with a fixed number of queries."""
    parts = services()
    names = parts.moment.model_names([job.model_id for job in jobs if job.model_id is not None])
    done = [job.id for job in jobs if job.state is State.SUCCEEDED]
    files = files_of_jobs(parts.db, done, ("output", "weights"))
    return [_document(job, names.get(job.model_id or "", ""), files.get(job.id, [])) for job in jobs]


def _document(job: Job, model: str, files: list[Artifact]) -> dict[str, Any]:
    what = kind(job)
    return {
        "id": job.id,
        "object": what,
        "model": model,
        "version": job.version_id or "",
        "family": job.family,
        "operation": job.operation,
        "status": status(job),
        "input": job.input,
        "output": _output(job, what, model, files),
        "error": job.error_message,
        "error_code": job.error_code,
        "logs": tqdm_line(job),
        "progress": {"fraction": job.progress, "detail": job.progress_detail},
        "metrics": _metrics(job),
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at),
        "completed_at": iso(job.finished_at),
        "cached_from": job.cached_from,
        "retried_from": job.retried_from,
        "follows": job.follows,
        "priority": job.priority,
        "paused": job.paused and not job.finished,
        "attempt": job.attempt,
        "cancel_requested": job.cancel_requested,
        "stop_requested": job.stop_requested,
        "data_removed": False,
        "source": "api",
        "urls": _urls(job, what),
    } | ({"destination": model} if what == "training" else {})


def _output(job: Job, what: str, model: str, files: list[Artifact]) -> Any:
    if job.state is not State.SUCCEEDED:
        return None
    if what == "prediction":
        return [urls.artifact(file.id) for file in files if file.role == "output"]
    output = dict(job.output or {})
    if what == "training" and "version" in output:
        output["version"] = f"{model}:{output['version']}"
        weights = [urls.artifact(file.id) for file in files if file.role == "weights"]
        output |= {"weights": weights[0]} if weights else {}
    return output


def _metrics(job: Job) -> dict[str, float]:
    if job.finished_at is None:
        return {}
    metrics = {"total_time": round(job.finished_at - job.created_at, 3)}
    if job.started_at is not None:
        metrics["predict_time"] = round(job.finished_at - job.started_at, 3)
    return metrics


def _urls(job: Job, what: str) -> dict[str, str]:
    where = ENDPOINTS[what]
    found = {
        "get": urls.api(f"{where}.get", job_id=job.id),
        "cancel": urls.api(f"{where}.cancel", job_id=job.id),
        "web": urls.job_page(job.id),
    }
    if what == "prediction":
        found["stream"] = urls.api("predictions.stream", job_id=job.id)
    if what == "training":
        found["stop"] = urls.api("trainings.stop", job_id=job.id)
    return found
