"""How a job stands in line, in words: its place, when it may be done, who is ahead, what holds it up."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared import forecast
from shared.jobs import Job
from shared.lifecycle import State
from web.context import services
from web.texts import N_, _
from web.words import about, duration, place, within

#: In a word each, for lists; nothing more is said there.
_HELD: Mapping[str, str] = {
    "paused": N_("until you resume it"),
    "follows": N_("shares the result of an equal one"),
    "delayed": N_("tried again in a moment"),
    "limit": N_("as many of yours run as your limit allows"),
    "no_worker": N_("no worker is there for it"),
}
_WHY: Mapping[str, str] = {
    "running": N_("it runs already"),
    "priority": N_("its priority is higher"),
    "age": N_("it rose by waiting"),
    "fairness": N_("its turn comes first"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """``told`` is what SQL says; ``line`` and the shorter ``brief`` say it, empty where there is nothing."""

    told: forecast.Explanation
    line: str
    brief: str

    @property
    def blocked(self) -> str:
        """What keeps the job from running whatever its place; empty when nothing does."""
        return self.told.blocked_reason or ""

    @property
    def running(self) -> int:
        """How many of those ahead run already."""
        return sum(one.why == "running" for one in self.told.ahead)

    @property
    def uncounted(self) -> bool:
        """Whether more are ahead than are counted."""
        return self.told.total_ahead >= forecast.COUNTED


def of(job: Job) -> Standing:
    """How the job stands now."""
    told = forecast.explain(services().db, job)
    if job.state is State.PROCESSING:
        left = "" if told.eta_p50 is None else _("about %(time)s left", time=duration(told.eta_p50))
        return Standing(told, left, left)
    return Standing(told, _line(told, _eta(told.eta_p50, told.eta_p90)), _line(told, _about(told.eta_p50)))


def why(code: str) -> str:
    """Why another job goes first, in words."""
    return _(_WHY[code]) if code in _WHY else code


def _line(told: forecast.Explanation, eta: str) -> str:
    held = told.blocked_reason
    place_words = "" if told.place is None else _in_line(told)
    then = eta if held is None else _(_HELD[held]) if held in _HELD else held
    return " · ".join(words for words in (place_words, then) if words)


def _in_line(told: forecast.Explanation) -> str:
    assert told.place is not None
    if told.total_ahead >= forecast.COUNTED:
        return _("more than %(n)s ahead", n=f"{forecast.COUNTED:,}")
    return _("%(place)s in line", place=place(told.place))


def _about(p50: float | None) -> str:
    return "" if p50 is None else about(p50)


def _eta(p50: float | None, p90: float | None) -> str:
    if p50 is None:
        return ""
    if p90 is None or within(p90) == within(p50):
        return _("done in about %(time)s", time=duration(p50))
    return _("done in about %(time)s (90 %%: under %(most)s)", time=duration(p50), most=within(p90))
