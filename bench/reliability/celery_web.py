"""What stands before stock Celery: one route that sends a task, as its documentation does it."""

from __future__ import annotations

import os

from flask import Flask, Response, jsonify, request

from bench.reliability.celery_app import TASK, application
from bench.reliability.system import WORK_SECONDS
from bench.reliability.web import die_if_ordered

app = Flask(__name__)
celery = application(os.environ.get("BENCH_REDIS", "memory://"), "", "")


@app.get("/healthz")
def health() -> Response:
    """It is there."""
    return jsonify({"ok": True})


@app.post("/jobs")
def create() -> Response:
    """Send the task. Celery has no key by which it would know a repeated request."""
    job = str((request.get_json() or {})["job"])
    celery.send_task(TASK, args=(job, WORK_SECONDS, ""))
    die_if_ordered()
    return jsonify({"id": job})
