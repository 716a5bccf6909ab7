"""Errors as a job's row tells them, and a device that no longer computes."""

import pytest
import torch

from shared.errors import AtelierError, BadFile, OutOfMemory
from worker.serving import faults
from worker.serving.faults import BROKEN_DEVICE_EXIT_CODE, as_error, device_is_sound, require_sound


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadFile("no picture", code="not_an_image"), "not_an_image"),
        (OutOfMemory("too large"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (RuntimeError("shape mismatch at /home/somebody"), "internal_error"),
        (KeyError("secret"), "internal_error"),
    ],
)
def test_every_error_has_a_code(error: Exception, code: str) -> None:
    told = as_error(error, "job")
    assert told.code == code
    assert "somebody" not in told.message and "secret" not in told.message


def test_what_was_raised_on_purpose_stays_as_it_is() -> None:
    error = BadFile("no picture", field="file")
    assert as_error(error, "job") is error


def test_a_processor_is_always_sound() -> None:
    assert device_is_sound("cpu")


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU whose process has met a failed kernel: every call fails from then on."""

    def fail(*_: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "synchronize", fail)


@pytest.mark.usefixtures("spoiled")
def test_a_spoiled_gpu_ends_its_process() -> None:
    codes: list[int] = []
    require_sound("cuda:0", codes.append)
    require_sound("cpu", codes.append)
    assert codes == [BROKEN_DEVICE_EXIT_CODE]


def test_a_full_gpu_is_not_a_spoiled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.cuda, "synchronize", full)
    assert device_is_sound("cuda:0")


def test_the_generic_message_points_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told = as_error(ValueError("the detail"), "job-7")
    assert type(told) is AtelierError and "log" in told.message
    assert "job-7" in caplog.text and "the detail" in caplog.text
    assert faults.log.name in {record.name for record in caplog.records}
