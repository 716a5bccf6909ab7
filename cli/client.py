"""Talks to a running Atelier over HTTP; every failure becomes an AtelierError that says what to do."""

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx

from cli.stack.programs import local_address
from shared.errors import AtelierError, Unavailable
from shared.settings import Settings

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 90.0


def find_address(settings: Settings) -> str:
    """Where Atelier answers: the port that was asked for, else what ``atelier up`` wrote into its home."""
    written = settings.home / "run" / "address"
    if not {"port", "host"} & settings.model_fields_set and written.is_file():
        return written.read_text(encoding="utf-8").strip()
    return local_address(settings)


class Client:
    """A connection to the API at ``address``. Use it as a context manager."""

    def __init__(
        self, address: str, password: str | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = address.rstrip("/")
        self._http = httpx.Client(
            base_url=self.address,
            headers={"Authorization": f"Bearer {password}"} if password else {},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int | None) -> Any:
        """The JSON at ``path``; parameters that are None are left out."""
        return self._ask("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send ``body`` as JSON and give the answer."""
        return self._ask("POST", path, json=dict(body or {}))

    def results(
        self, path: str, limit: int | None = None, **query: str | int | None
    ) -> Iterator[dict[str, Any]]:
        """The entries of a list, page after page, at most ``limit`` of them."""
        answer = self.get(path, **query)
        given = 0
        while True:
            for entry in answer["results"]:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield entry
            following = answer.get("next")
            if not following:
                return
            answer = self._ask("GET", following)

    def upload(
        self, path: str, form: Mapping[str, str], files: list[tuple[str, BinaryIO]], field: str = "files"
    ) -> Any:
        """Send a form with ``files`` (name, stream) in ``field``, read piece by piece; gives the answer."""
        parts = [(field, (name, stream, "application/octet-stream")) for name, stream in files]
        return self._ask("POST", path, data=dict(form), files=parts, timeout=None)

    def download(self, url: str, folder: Path, stem: str) -> Path:
        """Save what lies at ``url`` as ``stem`` with its own suffix; the file appears whole or not at all."""
        partial = folder / f"{stem}.part"
        try:
            with _explained(self.address), self._http.stream("GET", url) as answer:
                if answer.is_error:
                    answer.read()
                    raise _problem(answer)
                target = folder / f"{stem}{_suffix(answer)}"
                with partial.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
            return partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with _explained(self.address):
            answer = self._http.request(method, path, **options)
        if answer.is_error:
            raise _problem(answer)
        try:
            return answer.json()
        except ValueError:
            raise Unavailable(f"{self.address} answers, but it is not an Atelier") from None


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError:
        raise Unavailable(f"nothing answers at {address}. Is `atelier up` running?") from None
    except httpx.TimeoutException:
        raise Unavailable(f"{address} does not answer in time; see its logs/web.log") from None
    except httpx.HTTPError as error:
        raise Unavailable(f"the connection to {address} broke: {error}") from None


def _suffix(answer: httpx.Response) -> str:
    headers = Message()
    headers["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    return Path(headers.get_filename("")).suffix or mimetypes.guess_extension(media_type) or ""


def _problem(answer: httpx.Response) -> AtelierError:
    try:
        document = answer.json()
        message = str(document["detail"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"the server answered {answer.status_code} {answer.reason_phrase}")
    return AtelierError(message, field=document.get("field"), code=document.get("code"))
