"""One simple drawing of the back of the thigh in four states, the chosen one in full strength; described in words beside it.

It is shown as an image, so it brings its own colours: middle tones that stand on a light and on a dark page.
"""

from __future__ import annotations

from dataclasses import dataclass

from estimator.messages import say
from estimator.vocabulary import Condition

LEG, FLESH, RED, BONE = "#79838A", "#D9A58F", "#B4430F", "#F5F7F6"
OUTLINE = "M34 8C22 28 20 62 28 98C31 114 32 122 33 134M106 8C116 32 114 64 104 98C101 114 100 122 99 134"
MUSCLES = "M62 24C46 46 45 86 54 124L64 124C61 86 63 52 66 24ZM73 24C76 52 77 86 75 124L86 124C95 86 93 46 77 24Z"
SEAT = "M58 12C58 4 81 4 81 12C81 20 75 25 69.5 25C64 25 58 20 58 12Z"
WHOLE_BELLY = "M45 68L52 62L57 73L62 64M77 64L82 73L87 63L94 70"


@dataclass(frozen=True, slots=True)
class _State:
    title: str
    mark: str


STATES = {
    Condition.STRAIN_GRADE_1: _State(
        "1",
        f'<ellipse cx="54" cy="72" rx="5" ry="9" fill="{RED}"/>',
    ),
    Condition.STRAIN_GRADE_2: _State(
        "2",
        f'<path d="M45 70L51 63L55 75L62 66" fill="none" stroke="{RED}" stroke-width="4"/>',
    ),
    Condition.STRAIN_GRADE_3: _State(
        "3",
        f'<path d="{WHOLE_BELLY}" fill="none" stroke="{RED}" stroke-width="5"/>',
    ),
    Condition.AVULSION_GRADE_4: _State(
        "4",
        f'<path d="M56 30L62 25L66 32L70 25L74 32L78 25L83 30" fill="none" stroke="{RED}" stroke-width="5"/>',
    ),
}
SHOWN_AS = {Condition.RECURRENT_STRAIN: Condition.STRAIN_GRADE_2}
WIDE = frozenset(Condition) - {Condition.PROXIMAL_TENDINOPATHY}
ACHE = f'<ellipse cx="69.5" cy="28" rx="12" ry="6" fill="{RED}"/>'


def thighs(chosen: Condition) -> str:
    """The four states side by side, or the sore tendon alone."""
    if chosen == Condition.PROXIMAL_TENDINOPATHY:
        return _sheet(_leg(0, "tendon", ACHE, 1), 1)
    strong = SHOWN_AS.get(chosen, chosen)
    legs = [
        _leg(place, state.title, state.mark, 1 if strong in (condition, Condition.UNDIAGNOSED) else 0.3)
        for place, (condition, state) in enumerate(STATES.items())
    ]
    return _sheet("".join(legs), len(STATES))


def alt(chosen: Condition) -> str:
    """What the drawing shows, in words."""
    if chosen == Condition.PROXIMAL_TENDINOPATHY:
        return say("The back of the thigh: the tendon is sore where it meets the sitting bone.")
    each = say(
        "The back of the thigh four times: grade 1 is a small sore patch in the middle of the muscle; grade 2 is a tear through "
        "part of the muscle; grade 3 is a tear across the whole muscle; grade 4 is the tendon off the sitting bone at the top."
    )
    named = STATES.get(SHOWN_AS.get(chosen, chosen))
    return f"{each} {say('Yours is drawn strongest: grade {number}.', number=named.title)}" if named else each


def _leg(place: int, title: str, mark: str, opacity: float) -> str:
    return (
        f'<g transform="translate({place * 112} 0)" opacity="{opacity}">'
        f'<path d="{MUSCLES}" fill="{FLESH}"/><path d="{SEAT}" fill="{BONE}" stroke="{LEG}" stroke-width="2"/>{mark}'
        f'<path d="{OUTLINE}" fill="none" stroke="{LEG}" stroke-width="3" stroke-linecap="round"/>'
        f'<text x="69" y="160" text-anchor="middle" font-size="22" font-weight="700" fill="{LEG}" '
        f'font-family="sans-serif">{title}</text></g>'
    )


def _sheet(legs: str, count: int) -> str:
    wide = 24 + count * 112
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} 168" width="{wide}" height="168">{legs}</svg>'
