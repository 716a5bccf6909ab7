"""Unreadable messages end here and not the worker."""

from queue import Empty
from typing import Any

import pytest
from kombu.transport import TRANSPORT_ALIASES, redis

from worker.app.transport import Channel, QoS, Transport, harden


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Channel:
    """A channel whose next message makes kombu raise the parameter."""

    def read(self: redis.Channel, **_: Any) -> Any:
        if isinstance(request.param, Exception):
            raise request.param
        return request.param

    monkeypatch.setattr(redis.Channel, "_brpop_read", read)
    made: Channel = Channel.__new__(Channel)
    monkeypatch.setattr(made, "_closed", True, raising=False)
    return made


@pytest.mark.parametrize(
    "channel",
    [ValueError("not JSON"), KeyError("body"), TypeError("a list"), AttributeError("x")],
    indirect=True,
)
def test_garbage_is_an_empty_queue(channel: Channel, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Empty):
        channel._brpop_read()
    assert "an unreadable message was dropped" in caplog.text


@pytest.mark.parametrize("channel", [True], indirect=True)
def test_a_good_message_passes(channel: Channel) -> None:
    assert channel._brpop_read() is True


@pytest.mark.parametrize("channel", [ConnectionError("gone"), Empty()], indirect=True)
def test_a_lost_connection_is_told(channel: Channel) -> None:
    with pytest.raises((ConnectionError, Empty)) as caught:
        channel._brpop_read()
    assert caught.value.__context__ is None


@pytest.mark.parametrize("way", ["ack", "reject"])
def test_a_message_whose_end_found_no_redis_is_counted_no_longer(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def fail(*_: Any) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(redis.QoS, way, fail)
    counted: Any = QoS(object(), prefetch_count=1)  # type: ignore[no-untyped-call]
    counted._on_collect.cancel()
    counted._quick_append("a tag", "a message")
    assert not counted.can_consume()
    with pytest.raises(ConnectionError):
        getattr(counted, way)("a tag")
    assert counted.can_consume()


def test_it_takes_the_place_of_kombus(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("redis", "rediss"):
        monkeypatch.setitem(TRANSPORT_ALIASES, name, TRANSPORT_ALIASES[name])
    harden()
    assert TRANSPORT_ALIASES["redis"] == f"{Transport.__module__}:Transport"
    assert Transport.Channel is Channel and Channel.QoS is QoS
