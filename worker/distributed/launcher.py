"""``python -m worker.distributed.launcher``: torch's own launcher, ended with the child that started it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from billiard.util import set_pdeathsig

if TYPE_CHECKING:
    from torch.distributed.launcher.api import LaunchConfig

log = logging.getLogger(__name__)

#: The name under which torch's launcher knows our rendezvous.
BACKEND = "atelier"


def die_with(parent: int) -> None:
    """Let the kernel kill this process with its parent, whose process id is ``parent``."""
    set_pdeathsig(signal.SIGKILL)
    if os.getppid() != parent:
        # It died before the kernel was told.
        os._exit(1)


def main(arguments: Sequence[str]) -> int:
    """Start ranks and see them to their end; when one dies, torch's launcher ends the others.

    The arguments are the folder of the launch, the number of ranks, threads for each, and the parent's
    process id. Gives the exit code.
    """
    folder, ranks, threads, parent = arguments
    die_with(int(parent))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = threads
    if sys.platform == "linux":
        # All ranks are on this machine: nothing of theirs goes over a network.
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = "lo"
    if sys.flags.safe_path:
        os.environ["PYTHONSAFEPATH"] = "1"
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import elastic_launch

    command = ["-m", "worker.distributed.rank", folder, "${local_rank}", str(os.getpid())]
    try:
        elastic_launch(_config(Path(folder), int(ranks)), sys.executable)(*command)
    except ChildFailedError as error:
        codes = {rank: failure.exitcode for rank, failure in error.failures.items()}
        log.error("ranks ended with these exit codes: %s", codes)
        return 1
    return 0


def _config(folder: Path, ranks: int) -> LaunchConfig:
    from torch.distributed.elastic.multiprocessing.api import DefaultLogsSpecs
    from torch.distributed.elastic.rendezvous import rendezvous_handler_registry
    from torch.distributed.launcher.api import LaunchConfig

    from worker.distributed.meeting import Meeting

    rendezvous_handler_registry.register(BACKEND, lambda parameters: Meeting(parameters.run_id))
    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=ranks,
        run_id=folder.name,
        rdzv_backend=BACKEND,
        rdzv_endpoint="here",
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=str(folder / "logs")),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
