"""A version of the chorales to measure with: the starter's, one in a folder, or an untrained one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from bench.music.data import CHORALES
from bench.music.pieces import scores
from worker.families.music_rnn.corpus import style_of, with_key
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.network_config import NetworkConfig
from worker.families.music_rnn.version import version_config, version_weights
from worker.music import copying

STARTER = Path(__file__).parents[2] / "worker" / "starter" / "models" / "bach-chorales"


@dataclass(frozen=True)
class Files:
    """Where a version's weights lie, what describes its network, and how it is called in a report."""

    weights: Path
    config: Mapping[str, Any]
    title: str

    def load(self, device: str = "cpu") -> LoadedMusician:
        """The version in memory."""
        return LoadedMusician(self.weights, self.config, device)


def in_folder(folder: Path) -> Files:
    """The version whose weights.safetensors and config.json lie in a folder."""
    return of_files(folder / "weights.safetensors", folder / "config.json", folder.name)


def of_files(weights: Path, config: Path, title: str) -> Files:
    """The version of these two files."""
    return Files(weights, json.loads(config.read_text(encoding="utf-8")), title)


def chosen(folder: Path | None, spare: Path) -> Files:
    """The version in ``folder``; without one the starter's, or, where that is missing, an untrained one of
    its size, put into ``spare``.
    """
    if folder is not None:
        return in_folder(folder)
    return in_folder(STARTER) if (STARTER / "config.json").exists() else untrained(spare)


def untrained(folder: Path, config: NetworkConfig | None = None) -> Files:
    """A version of the default size with random weights: as quick as any, and as bad as can be."""
    config = config or NetworkConfig()
    pieces = [with_key(score) for score in scores("train")]
    corpus = copying.Corpus.of(pieces)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = MusicNetwork(CHORALES, config)
    described = version_config(CHORALES, config, style_of(pieces), corpus, 24, None)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "weights.safetensors"
    save_file(version_weights(network, corpus), path)
    (folder / "config.json").write_text(json.dumps(described), encoding="utf-8")
    return Files(path, described, "untrained")
