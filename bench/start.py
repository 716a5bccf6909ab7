"""How long from `atelier up` to an answer and to a picture, beside the bare parts on the same machine."""

import subprocess
import sys
import time

from bench.painter import version_of
from bench.report import Figure, finish, median
from bench.stack import Stack, temporary_home

ROUNDS = 3
ANSWER_SECONDS = 5.0
PICTURE_SECONDS = 10.0


def main() -> None:
    """A first start, then ``ROUNDS`` further ones, each until its first picture."""
    bare_torch = [run_python("import torch") for _ in range(ROUNDS)]
    bare_flask = [run_python("import flask, sqlalchemy, pydantic_settings, celery") for _ in range(ROUNDS)]
    answers, pictures = [], []
    with temporary_home() as home:
        first, _ = start(Stack(home), seed=0)
        for seed in range(1, ROUNDS + 1):
            answer, picture = start(Stack(home), seed)
            answers.append(answer)
            pictures.append(picture - answer)
    finish(
        "Start",
        [
            Figure("first `atelier up` to an answer (database and starter pack are made)", first, "s"),
            Figure("second `atelier up` to an answer, median", median(answers), "s", ANSWER_SECONDS),
            Figure("from there to the first picture, median", median(pictures), "s", PICTURE_SECONDS),
            Figure("bare: importing the web's libraries", median(bare_flask), "s"),
            Figure("bare: importing torch", median(bare_torch), "s"),
            Figure("answer / importing the web's libraries", median(answers) / median(bare_flask), "x"),
        ],
    )


def start(stack: Stack, seed: int) -> tuple[float, float]:
    """Seconds to the first answer and to the first picture."""
    try:
        answer = stack.wait_for_answer()
        job = stack.predict(version_of(stack), seed)
        stack.http.get(job["output"][0]).raise_for_status()
        return answer, stack.since_start()
    finally:
        stack.stop()


def run_python(code: str) -> float:
    """Seconds that a fresh interpreter needs for ``code``."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
