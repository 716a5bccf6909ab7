"""What a child decides before and after its work."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from worker.app.child import limit_threads


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_threads_are_limited_in_a_running_torch() -> None:
    limit_threads(1)
    assert torch.get_num_threads() == 1
    assert os.environ["OMP_NUM_THREADS"] == "1"


@pytest.mark.usefixtures("threads")
def test_zero_leaves_all_cores() -> None:
    before = torch.get_num_threads()
    limit_threads(0)
    assert torch.get_num_threads() == before
    assert "OMP_NUM_THREADS" not in os.environ


def test_threads_are_limited_before_torch_is_there() -> None:
    code = (
        "import sys; from worker.app.child import limit_threads; limit_threads(1);"
        "assert 'torch' not in sys.modules; import torch; print(torch.get_num_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
