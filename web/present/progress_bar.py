"""Progress as a line that clients which parse tqdm's output understand."""

from shared.jobs import Job
from shared.lifecycle import State

WIDTH = 20


def tqdm_line(job: Job) -> str:
    """``" 62%|############        | 262/420 [12:01<07:22]"``; empty before the job has started."""
    if job.started_at is None or job.state is State.QUEUED:
        return ""
    detail = job.progress_detail
    step = detail.get("step")
    current = int(step) if isinstance(step, int | float) else round(job.progress * 100)
    total = max(current, round(current / job.progress) if job.progress > 0 else 100)
    filled = int(job.progress * WIDTH)
    bar = "#" * filled + " " * (WIDTH - filled)
    eta = detail.get("eta_seconds")
    left = f" [{_clock(eta)} left]" if isinstance(eta, int | float) and not job.finished else ""
    return f"{int(job.progress * 100):3d}%|{bar}| {current}/{total}{left}\n"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"
