"""A painter that also takes files from outside, and the ways to hand it one."""

import base64
import io
from dataclasses import replace
from typing import Any

from flask.testing import FlaskClient

from shared.catalogue import OperationDescription, announce
from shared.database import Database
from tests.unit.web.families import COLLECTION, PAINTER, PARENT, PSI, SEED
from tests.unit.web.pictures import png

PICTURE: dict[str, Any] = {
    "type": "string",
    "format": "artifact",
    "x-accept": ["image/png"],
    "title": "Picture",
    "description": "A file, or a work of any model, to begin from.",
    "x-widget": "artifact",
}
ANSWER = OperationDescription(
    name="answer",
    title="Answer",
    description="Answers a picture.",
    lane="interactive",
    input_schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["picture"],
        "properties": {
            "picture": PICTURE,
            "second": PICTURE | {"x-accept": ["image/png", "image/gif"], "title": "Second"},
            "style": PARENT | {"x-accept": ["application/octet-stream", "image/png"], "title": "Style"},
            "psi": PSI,
            "seed": SEED,
        },
    },
)
GIF = b"GIF89a" + b"\1\0\1\0\0\0\0;" * 4


def announce_answering(db: Database) -> None:
    """What a worker of such a family says when it comes."""
    announce(db, [replace(PAINTER, operations=(*PAINTER.operations, ANSWER)), COLLECTION])


def upload(client: FlaskClient, data: bytes = b"", name: str = "mine.png") -> dict[str, Any]:
    """A file sent ahead of the request that uses it."""
    answer = client.post("/v1/files", data={"content": (io.BytesIO(data or png()), name)})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def data_uri(data: bytes, media_type: str = "image/png") -> str:
    """A file as it goes inside a request."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def ask(client: FlaskClient, version_id: str, *, key: str | None = None, **given: Any) -> Any:
    """What the server answers to a prediction that begins from these."""
    body = {"version": version_id, "operation": "answer", "input": {"seed": 1} | given}
    return client.post("/v1/predictions", json=body, headers={} if key is None else {"Idempotency-Key": key})


def sent(client: FlaskClient) -> list[str]:
    """The ids of the files from outside that are there."""
    return [file["id"] for file in client.get("/v1/files").get_json()["results"]]
