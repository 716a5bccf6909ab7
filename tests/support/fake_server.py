"""A stand-in for the web API, for tests of its client."""

from typing import Any

import httpx


class FakeServer:
    """Answers by method and path; remembers what was asked. A list of answers is given one by one."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[tuple[str, str], Any] = {}

    def on(self, method: str, path: str, answer: Any) -> None:
        """Answer with JSON, an ``httpx.Response``, an exception, or a list of those in turn."""
        self.answers[(method, path)] = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.get((request.method, request.url.raw_path.decode()))
        if isinstance(answer, list) and answer:
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            return httpx.Response(
                404, json={"detail": f"no answer for {request.method} {request.url}", "code": "x"}
            )
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
