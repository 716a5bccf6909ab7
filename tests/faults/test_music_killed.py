"""kill -9 in the middle of a music training: to the last bit the version is that of one nobody disturbed."""

import hashlib
import os
import signal

import pytest
import torch
from safetensors.torch import load, save

from shared import files, jobs
from shared.catalogue import check_input
from shared.jobs import Job
from shared.lifecycle import State
from tests.conftest import both_stores
from tests.faults.harness import Rig, ended, holder_pid, resumed_from, until, wait_checkpoint
from tests.support.builders import queue
from tests.support.music import music_dataset, music_model
from tests.unit.families.music_rnn.support import chorales
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.engine import MusicEngine
from worker.families.music_rnn.snapshots import Snapshots
from worker.family import Trained
from worker.randomness import preserved
from worker.serving.inputs import fetch_training
from worker.training import owned

CHECK = 60
#: A few seconds of steps, with a piece after each third.
TRAINING = {
    "steps": 180, "batch": 2, "crop": 32, "hidden": 32, "layers": 1, "seed": 7, "check_every": CHECK,
    "patience": 0,
}  # fmt: skip


def undisturbed(rig: Rig, job: Job, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """The job's training in this process, in one go, with as many threads as a worker has and no pieces: they
    change nothing.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(Snapshots, "_pieces", lambda *_: [])
    try:
        with preserved():
            trainer = MusicEngine().trainer(fetch_training(rig.db, rig.store, job), "cpu")
            while not trainer.done:
                trainer.step()
                if trainer.snapshot_due():
                    trainer.snapshot()
            return trainer.finish()
    finally:
        torch.set_num_threads(threads)


@pytest.mark.slow
@both_stores
def test_a_killed_music_training_gives_the_same_version(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, model = music_dataset(rig.db, rig.store, chorales()), music_model(rig.db)
    given = check_input(FAMILY.description.operation("train"), TRAINING | {"dataset": dataset})
    worker = rig.worker()
    job = queue(rig.db, family="music_rnn", operation="train", lane="training", model_id=model, input=given)
    rig.ringer.ring("training")
    safe = wait_checkpoint(rig.db, job.id)
    os.kill(holder_pid(rig.db, job.id), signal.SIGKILL)
    done = ended(rig, job)
    assert done.state is State.SUCCEEDED and done.output is not None, worker.output()
    tries = [(one.number, one.outcome, one.reason) for one in jobs.list_attempts(rig.db, job.id)]
    assert tries == [(1, "lost", "lease_expired"), (2, "succeeded", None)]
    (resumed,) = resumed_from(rig.db, job.id)
    assert safe <= resumed < TRAINING["steps"]

    expected = undisturbed(rig, done, monkeypatch)
    weights = load(rig.store.read(done.output["version"]))
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.weights.items())
    named = save(owned(expected.weights), {"model": "atelier/music"})
    assert done.output["version"] == hashlib.sha256(named).hexdigest()
    pieces = [one.position for one in until(lambda: files.job_artifacts(rig.db, job.id, ("piece",)))]
    assert sorted(pieces) == [CHECK, 2 * CHECK, 3 * CHECK]
