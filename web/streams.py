"""Server-sent events of a job. Each stream ends by itself after a while; the reader comes back for more."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from flask import Response, json, stream_with_context

from shared import jobs
from shared.errors import Unavailable
from shared.jobs import Job
from shared.lifecycle import State
from web.context import OWNER, services
from web.present import job as present

LONGEST_SECONDS = 300.0
LOOK_SECONDS = 1.0
QUIET_SECONDS = 15.0


def event(name: str, data: str, number: int) -> str:
    """One event; its data may have several lines."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"id: {number}\nevent: {name}\n{lines}\n"


def respond(parts: Iterator[str]) -> Response:
    """``parts`` as a stream that no proxy should hold back; what the first part raises is raised here."""
    first = next(parts, "")

    def all_parts() -> Iterator[str]:
        yield first
        yield from parts

    response = Response(stream_with_context(all_parts()), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def states(job_id: str) -> Iterator[Job | None]:
    """The job each time it looks different, the last time when it has ended; None to keep the line open.

    Raises:
        Unavailable: too many streams are open; the reader should poll.
    """
    parts = services()
    end = monotonic() + LONGEST_SECONDS
    with parts.hub.watch(job_id) as watch:
        if watch is None:
            raise Unavailable(
                "too many streams are open; ask again for the job instead", code="too_many_streams"
            )
        seen: tuple[Any, ...] | None = None
        spoke = monotonic()
        while monotonic() < end:
            job = jobs.get(parts.db, job_id, OWNER)
            asked = (job.cancel_requested, job.stop_requested, job.paused, job.priority)
            looks = (job.state, job.progress, job.progress_at, job.lease_token, asked)
            if looks != seen:
                seen, spoke = looks, monotonic()
                yield job
            elif monotonic() - spoke > QUIET_SECONDS:
                spoke = monotonic()
                yield None
            if job.finished:
                return
            watch.wait(LOOK_SECONDS)


def changes(job_id: str) -> Iterator[str]:
    """Atelier's own stream: ``change`` events that say what to fetch again, then ``end``."""
    for number, job in enumerate(states(job_id)):
        if job is None:
            yield ": still here\n\n"
            continue
        data = json.dumps({"state": job.state, "progress": job.progress})
        yield event("end" if job.finished else "change", data, number)


def replicate(job_id: str) -> Iterator[str]:
    """Replicate's stream: ``logs`` while it works, each ``output``, then ``done``, or ``error``."""
    said = ""
    for number, job in enumerate(states(job_id)):
        if job is None:
            yield ": still here\n\n"
            continue
        document = present.many([job])[0]
        if document["logs"] and document["logs"] != said:
            said = document["logs"]
            yield event("logs", said, number)
        if job.state is State.SUCCEEDED:
            for place, address in enumerate(document["output"]):
                yield event("output", address, number + place + 1)
        if job.state is State.FAILED:
            yield event("error", job.error_message or "failed", number + 1)
        if job.finished:
            reason = {"reason": "canceled"} if job.state is State.CANCELED else {}
            yield event("done", json.dumps(reason), number + 1000)
