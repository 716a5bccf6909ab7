"""Parts are encoded and stored beside the passes; what fails, fails alone, and nothing runs on unseen."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shared.artifacts import Blob
from shared.errors import AtelierError, BadFile
from shared.jobs import NewArtifact
from worker.family import Part, Product
from worker.serving.making import Begun, Encoders, collect


def put(product: Product) -> NewArtifact:
    return NewArtifact(product.role, product.name, product.media_type, Blob("0" * 64, len(product.data)))


def part(name: str, work: Callable[[], object] = lambda: None) -> Callable[[], list[Product]]:
    def encode() -> list[Product]:
        work()
        return [Product("output", name, "text/plain", b"x")]

    return encode


def names(begun: Begun) -> list[str]:
    assert not isinstance(begun, AtelierError)
    return [artifact.name for artifact in collect(begun)]


def test_parts_of_a_request_stay_in_order_however_long_each_takes() -> None:
    slow = part("first", lambda: time.sleep(0.05))
    parts: list[Part] = [(1, slow), (0, part("only")), (1, part("second")), (1, part("third"))]
    made = Encoders().begin(parts, 2, put)
    assert [names(one) for one in made] == [["only"], ["first", "second", "third"]]


def test_encoding_goes_on_beside_the_passes() -> None:
    encoded = threading.Event()

    def passes() -> Iterator[Part]:
        yield 0, part("a", encoded.set)
        assert encoded.wait(30), "the first part waits for the last pass"
        yield 1, part("b")

    assert [names(one) for one in Encoders().begin(passes(), 2, put)] == [["a"], ["b"]]


def test_an_error_belongs_to_its_request() -> None:
    def smudge() -> None:
        raise BadFile("smudged")

    refused = BadFile("refused")
    parts: list[Part] = [(0, part("a")), (1, refused), (2, part("c", smudge)), (2, part("d"))]
    first, second, third = Encoders().begin(parts, 3, put)
    assert names(first) == ["a"] and second is refused
    with pytest.raises(BadFile, match="smudged"):
        names(third)


@pytest.mark.parametrize("parts", [[(0, part("a"))], [(0, part("a")), (2, part("b"))], [(-1, part("a"))]])
def test_a_family_that_forgets_or_invents_a_request_is_refused(parts: list[Part]) -> None:
    with pytest.raises(RuntimeError):
        Encoders().begin(parts, 2, put)


def test_a_pass_that_fails_leaves_nothing_running() -> None:
    running = threading.Semaphore(0)
    done: list[str] = []

    def slow() -> None:
        running.release()
        time.sleep(1.0)
        done.append("slow")

    def passes() -> Iterator[Part]:
        yield 0, part("a", slow)
        assert running.acquire(timeout=30)
        yield 0, part("b", lambda: done.append("b"))
        raise MemoryError

    with pytest.raises(MemoryError):
        Encoders(threads=1).begin(passes(), 1, put)
    assert done == ["slow"], "what ran has ended, what waited never runs"


def test_passes_wait_when_too_much_waits_to_be_encoded() -> None:
    waiting = 0
    most = 0
    lock = threading.Lock()

    def leave() -> None:
        nonlocal waiting
        time.sleep(0.002)
        with lock:
            waiting -= 1

    def passes() -> Iterator[Part]:
        nonlocal waiting, most
        for number in range(20):
            with lock:
                waiting += 1
                most = max(most, waiting)
            yield 0, part(str(number), leave)

    (made,) = Encoders(threads=1, most_waiting=3).begin(passes(), 1, put)
    assert len(names(made)) == 20
    # One more is computed before it finds that there is no room.
    assert most <= 4
