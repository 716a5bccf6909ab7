"""The version from which a training goes on."""

from __future__ import annotations

from worker.family import TrainingJob

from .version import Version


def base_of(job: TrainingJob) -> Version | None:
    """The version to begin from, when the job names one. Raises as ``Version`` does."""
    return None if job.base is None else Version(job.base, job.base_config or {})
