"""LitServe on one of the networks: ``python -m bench.generation.lit_server painter --port N --socket ...``.

One process answers HTTP and one computes, as many threads as Atelier's child has; a pass is as large as the
batch that came together, and its files are encoded on a few threads like ours.
"""

from __future__ import annotations

import argparse
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import litserve

from bench.generation.subjects import NAMES, Bare, prepare
from worker.serving.making import THREADS


class Api(litserve.LitAPI):  # type: ignore[misc]
    """Seeds in, the file in base64 out; the thumbnail and the latent are made too and thrown away."""

    def __init__(self, subject: str, threads: int, encoders: int, **options: Any) -> None:
        super().__init__(**options)
        self._subject, self._threads, self._encoders = subject, threads, encoders

    def setup(self, device: str) -> None:
        """Load, in the process that computes."""
        prepare(self._threads)
        self._bare = Bare(self._subject)
        self._pool = ThreadPoolExecutor(self._encoders) if self._encoders else None
        self._bare.make(range(2), 1)

    def decode_request(self, request: dict[str, int]) -> int:
        """The seed."""
        return request["seed"]

    def predict(self, seeds: Any) -> Any:
        """One pass for all that came together; without batching it is one seed."""
        if isinstance(seeds, int):
            return self._bare.make([seeds], 1, self._pool)[0][0].data
        made = self._bare.make(seeds, len(seeds), self._pool)
        return [products[0].data for products in made]

    def batch(self, inputs: list[int]) -> list[int]:
        """Seeds stay a list."""
        return inputs

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        """One file for each."""
        return output

    def encode_response(self, output: bytes) -> dict[str, str]:
        """JSON."""
        return {"output": b64encode(output).decode()}


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subject", choices=NAMES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--batch-timeout", type=float, default=0.0)
    parser.add_argument("--encoders", type=int, default=THREADS)
    options = parser.parse_args()
    api = Api(
        options.subject,
        options.threads,
        options.encoders,
        max_batch_size=options.batch,
        batch_timeout=options.batch_timeout,
    )
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=False)
    server.run(
        host="127.0.0.1",
        port=options.port,
        num_api_servers=1,
        generate_client_file=False,
        log_level="error",
    )


if __name__ == "__main__":
    main()
