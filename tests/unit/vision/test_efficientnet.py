from __future__ import annotations

import pickletools
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn

from worker.vision.efficientnet import TAP_CHANNELS, SameConv, load_lite
from worker.vision.torch_archive import ArchiveError, read_legacy_archive


def write_archive(path: Path, state: object) -> Path:
    torch.save(state, path, _use_new_zipfile_serialization=False)
    return path


def test_an_archive_is_read_as_it_was_written(tmp_path: Path) -> None:
    shared = torch.arange(12.0)
    state = OrderedDict(
        a=torch.randn(3, 4),
        b=torch.tensor(7),
        c=torch.randn(2, 5).T,
        d=shared[2:8].view(2, 3),
        e=shared[1::2],
    )
    found = read_legacy_archive(write_archive(tmp_path / "x.pth", state))
    assert list(found) == list(state)
    assert all(
        torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in state.items()
    )


@pytest.mark.parametrize(
    "state",
    [{"a": [1, 2]}, [torch.zeros(2)], {"a": nn.Linear(1, 1)}, {"a": torch.zeros(1, dtype=torch.complex64)}],
)
def test_anything_but_plain_tensors_is_refused(tmp_path: Path, state: object) -> None:
    with pytest.raises(ArchiveError):
        read_legacy_archive(write_archive(tmp_path / "x.pth", state))


def test_a_file_that_asks_for_a_call_is_refused_and_nothing_is_called(tmp_path: Path) -> None:
    mark = tmp_path / "called"
    command = f"touch {mark}".encode()
    attack = b"\x80\x02cos\nsystem\nX" + len(command).to_bytes(4, "little") + command + b"\x85R."
    assert any(opcode.name == "REDUCE" for opcode, _, _ in pickletools.genops(attack))
    (tmp_path / "x.pth").write_bytes(attack)
    with pytest.raises(ArchiveError):
        read_legacy_archive(tmp_path / "x.pth")
    assert not mark.exists()


@pytest.mark.parametrize("keep", [0, 5, 60, 300, -4])
def test_a_cut_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = write_archive(tmp_path / "x.pth", {"a": torch.randn(50)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ArchiveError):
        read_legacy_archive(path)


def test_a_lying_storage_view_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "x.pth", {"a": torch.zeros(5)})
    path.write_bytes(path.read_bytes().replace(b"K\x05\x85", b"K\x7f\x85"))
    with pytest.raises(ArchiveError):
        read_legacy_archive(path)


@pytest.mark.parametrize(
    ("kernel", "stride", "size"), [(3, 1, 9), (3, 2, 8), (3, 2, 9), (5, 2, 8), (5, 2, 7)]
)
def test_a_folded_convolution_equals_convolution_and_norm_with_same_padding(
    kernel: int, stride: int, size: int
) -> None:
    conv, norm = nn.Conv2d(4, 6, kernel, stride, bias=False), nn.BatchNorm2d(6, eps=1e-3).eval()
    for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        assert value is not None
        nn.init.uniform_(value, 0.5, 1.5)
    state = {f"c.{k}": v for k, v in conv.state_dict().items()} | {
        f"n.{k}": v for k, v in norm.state_dict().items()
    }
    folded = SameConv(4, 6, kernel, stride, 1, relu=False)
    with torch.no_grad():
        folded.load(state, "c", "n")
        x = torch.randn(2, 4, size, size)
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        padded = nn.functional.pad(x, (total // 2, total - total // 2) * 2)
        assert torch.allclose(folded(x), norm(conv(padded)), atol=1e-5)


@pytest.mark.parametrize("variant", ["lite0", "lite1"])
def test_the_real_weights_give_four_maps_and_1280_features(variant: str) -> None:
    network = load_lite("lite0" if variant == "lite0" else "lite1")
    with torch.no_grad():
        maps = network.features(torch.zeros(1, 3, 64, 64))
        features = network(torch.rand(2, 3, 64, 64) * 2 - 1)
    assert [x.shape[1:] for x in maps] == [
        (c, n, n) for c, n in zip(TAP_CHANNELS, (16, 8, 4, 2), strict=True)
    ]
    assert features.shape == (2, 1280)
    assert not torch.allclose(features[0], features[1])
    assert not any(p.requires_grad for p in network.parameters())


def test_two_callers_do_not_share_a_network() -> None:
    first, second = load_lite("lite0"), load_lite("lite0")
    first.stem.bias.zero_()
    assert float(second.stem.bias.abs().sum()) > 0
