"""Absolute addresses: the official clients fetch them as they are."""

from flask import url_for


def api(endpoint: str, **values: str) -> str:
    """The absolute address of an endpoint."""
    return url_for(endpoint, _external=True, **values)


def artifact(artifact_id: str) -> str:
    """Where a stored file's bytes are."""
    return api("files.artifact", artifact_id=artifact_id)


def job_page(job_id: str) -> str:
    """The page that shows a job to people."""
    return api("jobs.page", job_id=job_id)
