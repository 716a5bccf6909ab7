"""A restart comes quickly, then less quickly, and never later than five seconds."""

from cli.stack.backoff import FIRST_SECONDS, LONGEST_SECONDS, STEADY_SECONDS, Backoff


def test_it_doubles_and_is_bounded() -> None:
    backoff = Backoff()
    delays = [backoff.delay(0.1) for _ in range(8)]
    assert delays[:4] == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS, 8 * FIRST_SECONDS]
    assert delays == sorted(delays)
    assert max(delays) == LONGEST_SECONDS < 5.0


def test_a_long_life_is_forgiven() -> None:
    backoff = Backoff()
    for _ in range(6):
        backoff.delay(0.1)
    assert backoff.delay(STEADY_SECONDS) == FIRST_SECONDS
    assert backoff.failures == 1


def test_many_deaths_do_not_overflow() -> None:
    backoff = Backoff(failures=10_000)
    assert backoff.delay(0.0) == LONGEST_SECONDS
