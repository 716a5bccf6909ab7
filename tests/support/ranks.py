"""The rank processes of a training, seen from outside."""

import psutil

from tests.support.workers import eventually


def ranks_of(child: int) -> list[psutil.Process]:
    """The ranks below the process ``child``, the first rank first."""
    try:
        below = psutil.Process(child).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    found = {}
    for process in below:
        try:
            words = process.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "worker.distributed.rank" in words:
            found[int(words[-2])] = process
    return [found[rank] for rank in sorted(found)]


def launchers_of(child: int) -> list[psutil.Process]:
    """The launchers of ranks below the process ``child``."""
    return [process.parent() for process in ranks_of(child)[:1]]


def wait_gone(processes: list[psutil.Process], seconds: float = 30.0) -> None:
    """Wait until all have ended. A zombie nobody waits for counts as ended."""

    def gone(process: psutil.Process) -> bool:
        try:
            return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True

    eventually(lambda: all(gone(process) for process in processes), seconds)
