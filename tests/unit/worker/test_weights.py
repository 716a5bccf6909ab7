"""Networks in memory, within a number of bytes."""

from dataclasses import dataclass

import pytest

from worker.weights import WeightsCache


@dataclass
class Network:
    nbytes: int


@dataclass
class Loader:
    nbytes: int
    calls: int = 0

    def __call__(self) -> Network:
        self.calls += 1
        return Network(self.nbytes)


def test_a_hot_version_is_loaded_once() -> None:
    cache, load = WeightsCache(100), Loader(10)
    assert cache.get("a", load) is cache.get("a", load)
    assert load.calls == 1


def test_the_least_recently_used_leaves_first() -> None:
    cache = WeightsCache(30)
    for name in ("a", "b", "c"):
        cache.get(name, Loader(10))
    cache.get("a", Loader(10))
    cache.get("d", Loader(10))
    assert cache.holds() == ["d", "a", "c"]
    assert cache.nbytes == 30


def test_one_that_is_too_large_stays_alone_while_it_is_used() -> None:
    cache = WeightsCache(30)
    cache.get("a", Loader(10))
    cache.get("huge", Loader(1000))
    assert cache.holds() == ["huge"]
    cache.get("b", Loader(10))
    assert cache.holds() == ["b"]


def test_a_failed_load_leaves_nothing() -> None:
    cache = WeightsCache(30)

    def broken() -> Network:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        cache.get("a", broken)
    assert cache.holds() == []


def test_everything_but_the_network_in_use_can_go() -> None:
    cache = WeightsCache(30)
    for name in ("a", "b"):
        cache.get(name, Loader(10))
        cache.served(name, f"{name}:generate")
    assert cache.batch_keys() == ["a:generate", "b:generate"]
    cache.keep_only("a")
    assert (cache.holds(), cache.nbytes, cache.batch_keys()) == (["a"], 10, ["a:generate"])


def test_a_network_that_left_is_cold() -> None:
    cache = WeightsCache(10)
    cache.get("a", Loader(10))
    cache.served("a", "a:generate")
    cache.served("a", None)
    cache.get("b", Loader(10))
    assert (cache.holds(), cache.batch_keys()) == (["b"], [])
