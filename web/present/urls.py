"""Absolute addresses: the official clients fetch them as they are."""

from functools import lru_cache

from flask import request, url_for

#: Stands for an id in a pattern; no id looks like it.
_BLANK = "0" * 26


def api(endpoint: str, **named: str) -> str:
    """The absolute address of an endpoint whose one variable is an id: ``job_id="..."``."""
    [(name, identifier)] = named.items()
    place = (request.scheme, request.host, request.root_path)
    return _pattern(place, endpoint, name).replace(_BLANK, identifier)


# Working an address out anew for each job of an answer would take longer than reading the job.
@lru_cache(maxsize=256)
def _pattern(place: tuple[str, str, str], endpoint: str, name: str) -> str:
    # Scheme, host and mount point are all that an address depends on besides its endpoint.
    return url_for(endpoint, _external=True, **{name: _BLANK})


def artifact(artifact_id: str) -> str:
    """Where a stored file's bytes are."""
    return api("files.artifact", artifact_id=artifact_id)


def job_page(job_id: str) -> str:
    """The page that shows a job to people."""
    return api("jobs.page", job_id=job_id)
