"""Where long work lets others in."""

import pytest

from worker.breathing import breathe, breathing


def test_without_anybody_to_let_in_nothing_happens() -> None:
    breathe()


def test_every_breath_is_an_offer() -> None:
    offers: list[int] = []
    with breathing(lambda: offers.append(1)):
        breathe()
        breathe()
    breathe()
    assert offers == [1, 1]


def test_who_was_let_in_lets_nobody_in() -> None:
    offers: list[int] = []

    def serve() -> None:
        offers.append(1)
        breathe()

    with breathing(serve):
        breathe()
        breathe()
    assert offers == [1, 1]


def test_an_offer_that_fails_is_no_reason_to_stop_breathing() -> None:
    offers: list[int] = []

    def refuse() -> None:
        offers.append(1)
        raise ValueError

    with breathing(refuse):
        for _ in range(2):
            with pytest.raises(ValueError):
                breathe()
    breathe()
    assert offers == [1, 1]
