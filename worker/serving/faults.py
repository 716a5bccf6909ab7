"""What went wrong, as one of Atelier's own errors: generic outside, in detail in the log."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from shared.artifacts import NO_ROOM
from shared.errors import AtelierError, OutOfMemory, StorageFull

log = logging.getLogger(__name__)

BROKEN_DEVICE_EXIT_CODE = 76


def as_error(error: BaseException, job_id: str) -> AtelierError:
    """``error`` for the job's row. What Atelier did not raise on purpose tells outsiders nothing."""
    if isinstance(error, AtelierError):
        return error
    if is_out_of_memory(error):
        log.warning("job %s ran out of memory: %s", job_id, error)
        return OutOfMemory(
            "the device has too little memory for this job; ask for less at once (a smaller count, "
            "resolution or batch)"
        )
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        log.warning("job %s found no room on a disk: %s", job_id, error)
        return StorageFull("a disk of the worker is full; free some space")
    log.error("job %s failed", job_id, exc_info=error)
    return AtelierError(
        "something went wrong inside the worker; its log tells the details", code="internal_error"
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether main memory or the device's memory ran out."""
    if isinstance(error, (MemoryError, OutOfMemory)):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    # The CPU allocator raises a plain RuntimeError.
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def device_is_sound(device: str) -> bool:
    """Whether the device still computes. A failed CUDA kernel spoils its process: only a new one helps."""
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return True
    try:
        torch.cuda.synchronize(device)
        torch.ones(1, device=device).add_(1).item()
    except torch.OutOfMemoryError:
        return True
    except RuntimeError as error:
        log.error("the device %s no longer computes: %s", device, error)
        return False
    return True


def require_sound(device: str, end_process: Callable[[int], object] = os._exit) -> None:
    """End this process when its device no longer computes; the leases run out and a fresh child goes on."""
    if not device_is_sound(device):
        end_process(BROKEN_DEVICE_EXIT_CODE)
