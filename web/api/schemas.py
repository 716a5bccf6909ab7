"""The shapes of what the API takes and gives, as JSON Schemas for /openapi.json."""

from typing import Any

from shared.jobs.owner import HIGHEST_PRIORITY, LOWEST_PRIORITY
from shared.lifecycle import State
from shared.owners import LEAST_WEIGHT, MOST_RUNNING, MOST_WEIGHT
from web.present.explanation import BLOCKED

TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_SECONDS: dict[str, Any] = {"type": ["number", "null"], "description": "Seconds until the job has ended."}
_BYTES: dict[str, Any] = {"type": "string", "format": "binary"}
_ANY: dict[str, Any] = {"type": "object"}
_PLACE: dict[str, Any] = {
    "type": ["integer", "null"],
    "minimum": 1,
    "description": "Its place in line; null when it is not in line.",
}
_BLOCKED: dict[str, Any] = {
    "enum": [*BLOCKED, None],
    "description": "What keeps it from running whatever its place is.",
}
_PRIORITY: dict[str, Any] = {
    "type": "integer",
    "minimum": LOWEST_PRIORITY,
    "maximum": HIGHEST_PRIORITY,
    "description": "Higher goes first.",
}

_SHARE: dict[str, Any] = {
    "weight": {
        "type": "number",
        "minimum": LEAST_WEIGHT,
        "maximum": MOST_WEIGHT,
        "description": "With 2 the work goes twice as fast as with 1 while both wait.",
    },
    "max_running": {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": MOST_RUNNING,
        "description": "Most jobs that run at a time; null for no limit.",
    },
}


def named(name: str) -> dict[str, Any]:
    """A reference to one of ``COMPONENTS``."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


_STATUS: dict[str, Any] = {
    "enum": ["starting", *(str(state) for state in State if state is not State.QUEUED)]
}
_ATTEMPT = _object(
    {
        "number": _WHOLE,
        "worker": TEXT,
        "started_at": TEXT,
        "ended_at": _TEXT_OR_NULL,
        "outcome": _TEXT_OR_NULL,
        "reason": _TEXT_OR_NULL,
    }
)
_AHEAD = _object(
    {
        "id": TEXT,
        "owner": TEXT,
        "operation": TEXT,
        "priority": _WHOLE,
        "why": {"enum": ["running", "priority", "age", "fairness"]},
    }
)

COMPONENTS: dict[str, dict[str, Any]] = {
    "NewPrediction": _object(
        {"version": TEXT, "operation": TEXT, "input": _ANY, "priority": _PRIORITY | {"default": 0}}
    ),
    "NewTraining": _object(
        {
            "family": TEXT,
            "version": TEXT,
            "destination": TEXT,
            "title": TEXT,
            "input": _ANY,
            "priority": _PRIORITY | {"default": 0},
        }
    ),
    "NewPriority": _object({"priority": _PRIORITY}, "priority"),
    "NewDataset": _object({"name": TEXT, "files": {"type": "array", "items": _BYTES}}),
    "NewFile": _object({"content": _BYTES}),
    "Job": _object(
        {
            "id": TEXT,
            "object": {"enum": ["prediction", "training", "ingest"]},
            "status": _STATUS,
            "input": _ANY,
            "output": {},
            "error": _TEXT_OR_NULL,
            "error_code": _TEXT_OR_NULL,
            "progress": _ANY,
            "position": _PLACE,
            "eta_p50": _SECONDS,
            "eta_p90": _SECONDS,
            "blocked_reason": _BLOCKED,
            "priority": _PRIORITY,
            "paused": _FLAG,
            "cancel_requested": _FLAG,
            "stop_requested": _FLAG,
            "attempt": _WHOLE,
            "attempts": {"type": "array", "items": _ATTEMPT, "description": "Told by /v1/jobs/{id} only."},
            "retried_from": _TEXT_OR_NULL,
            "follows": _TEXT_OR_NULL,
            "cached_from": _TEXT_OR_NULL,
            "created_at": TEXT,
            "started_at": _TEXT_OR_NULL,
            "completed_at": _TEXT_OR_NULL,
            "urls": _ANY,
        },
        "id",
        "status",
    ),
    "Explanation": _object(
        {
            "id": TEXT,
            "status": _STATUS,
            "position": _PLACE,
            "total_ahead": {"type": "integer", "maximum": 1000, "description": "Counted up to 1,000."},
            "ahead": {"type": "array", "items": _AHEAD, "maxItems": 20},
            "eta_p50": _SECONDS,
            "eta_p90": _SECONDS,
            "blocked_reason": _BLOCKED,
            "blocked_message": _TEXT_OR_NULL,
            "follows": _TEXT_OR_NULL,
            "workers": {"type": "integer", "description": "How many of those that are there can run it."},
        }
    ),
    "Account": _object(
        {"username": TEXT, "name": TEXT, **_SHARE, "queued": _WHOLE, "running": _WHOLE},
        *("username", "weight", "max_running", "queued", "running"),
    ),
    "AccountChange": _object(_SHARE),
    "Problem": _object(
        {"type": TEXT, "title": TEXT, "status": _WHOLE, "detail": TEXT, "code": TEXT, "field": TEXT}
    ),
}
