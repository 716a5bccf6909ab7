import re
from pathlib import Path

import pytest

from shared.lifecycle import (
    HAND_BACKS,
    TERMINAL,
    TRANSITIONS,
    Event,
    IllegalTransition,
    Reason,
    State,
    next_state,
    sources,
)

DRAWING = Path(__file__).parents[3] / "docs" / "job_states.md"


def test_every_pair_leads_where_the_table_says_or_nowhere() -> None:
    for state in State:
        for event in Event:
            if (state, event) in TRANSITIONS:
                assert next_state(state, event) is TRANSITIONS[(state, event)]
            else:
                with pytest.raises(IllegalTransition, match=str(event)):
                    next_state(state, event)


def test_terminal_states_have_no_way_out_and_every_other_state_reaches_one() -> None:
    leaving = {state for state, _ in TRANSITIONS}
    assert not leaving & TERMINAL
    assert leaving | TERMINAL == set(State)
    for start in leaving:
        seen, frontier = set(), {start}
        while frontier:
            seen |= frontier
            frontier = {TRANSITIONS[key] for key in TRANSITIONS if key[0] in frontier} - seen
        assert seen & TERMINAL


def test_sources_name_the_states_an_event_may_leave() -> None:
    assert sources(Event.CLAIM) == (State.QUEUED,)
    assert set(sources(Event.CANCEL)) == {State.QUEUED, State.PROCESSING}


def test_hand_backs_are_the_deliberate_ones() -> None:
    assert frozenset({Reason.DRAINED, Reason.PREEMPTED, Reason.PAUSED}) == HAND_BACKS


def test_the_drawing_shows_exactly_the_transitions_of_the_code() -> None:
    rows = re.findall(r"^\| *(\w+) *\| *(\w+) *\| *(\w+) *\|", DRAWING.read_text("utf-8"), re.M)
    drawn = {(a, b): c for a, b, c in rows if a in set(State) and b in set(Event)}
    assert drawn == {(str(s), str(e)): str(to) for (s, e), to in TRANSITIONS.items()}


def test_the_diagram_draws_every_edge() -> None:
    edges = set(re.findall(r"(\w+) *--> *(\w+) *: *(\w+)", DRAWING.read_text("utf-8")))
    wanted = {(str(s), str(to), str(e)) for (s, e), to in TRANSITIONS.items()}
    assert {edge for edge in edges if edge[0] in set(State)} == wanted
