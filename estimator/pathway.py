"""Scenario -> visits wanted per phase, from the tables under `pathways/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import Field, model_validator

from estimator.draws import Draws, Flags, Floats, Ints, days_at, rank_of_days
from estimator.errors import FileProblems
from estimator.files import Prose, Quantity, Rate, Record, read_rows, read_toml, validate
from estimator.messages import cached_by_language, say
from estimator.scenario import Scenario
from estimator.vocabulary import Condition, JobDemand, Management, Mode, Service, SourceKind, service_name

FOLDER = Path(__file__).parent / "pathways"
Row = TypeVar("Row", bound=Record)

# ---------------------------------------------------------------- what the files hold


class Source(Record):
    """Where a figure comes from, and how far to trust it."""

    id: str
    kind: SourceKind
    title: str
    publisher: str = ""
    url: str = ""
    retrieved: date | None = None
    note: Prose = ""

    @model_validator(mode="before")
    @classmethod
    def _own_words(cls, data: object) -> object:
        """An assumption has no publication whose title stays as it is: title and publisher are said."""
        if not isinstance(data, dict) or data.get("kind") != SourceKind.ASSUMPTION:
            return data
        return data | {name: say(data[name]) for name in ("title", "publisher") if isinstance(data.get(name), str)}


class SurgicalShare(Record):
    """How many people with the condition are operated on."""

    probability: Rate
    low: Rate
    high: Rate
    source: str


class MixPart(Record):
    """One condition an undiagnosed injury may turn out to be."""

    condition: Condition
    share: Rate


class ConditionEntry(Record):
    """A condition: its words, where its days count from, and how it may be managed."""

    id: Condition
    name: Prose
    plain: Prose
    anchor: Literal["injury", "care_starts"]
    management: tuple[Management, ...]
    surgical_share: SurgicalShare | None = None
    mix: tuple[MixPart, ...] = ()
    source: str = "definition"
    note: Prose = ""

    @model_validator(mode="after")
    def _mix_is_whole(self) -> ConditionEntry:
        if self.mix and sum(part.share for part in self.mix) != 1:
            raise ValueError(f"the shares of the mix must add up to 1 (got {sum(part.share for part in self.mix)})")
        return self


class Phase(Record):
    """A phase of recovery, with what must be true to enter and to leave it."""

    number: Annotated[int, Field(ge=1, le=5)]
    name: Prose
    from_week: int
    to_week: int
    enter_when: Prose
    leave_when: Prose
    source: str


class MassageRule(Record):
    """No direct massage before `block_until_day`; never, where it is absent."""

    id: str
    condition: Condition
    management: Management
    block_until_day: int | None = None
    caution_until_day: int | None = None
    says: Prose
    source: str


class RedFlag(Record):
    """A sign that must be looked at before any price."""

    id: str
    urgency: Literal["emergency", "urgent"]
    asks: Prose
    do: Prose
    source: str


class Caution(Record):
    """A warning that goes with a service."""

    id: str
    services: tuple[Service, ...]
    conditions: tuple[Condition, ...] = ()
    says: Prose
    source: str


class DoctorFirst(Record):
    """A condition for which a doctor comes before therapy."""

    condition: Condition
    says: Prose


class Ceiling(Record):
    """Hands-on contacts a week, from a week of the course on."""

    from_week: int
    per_week: int


class SoftTissue(Record):
    """The weekly ceiling of hands-on contacts, massage and therapy together."""

    source: str
    note: Prose
    therapy_phases: tuple[int, ...]
    ceilings: tuple[Ceiling, ...]

    def per_week(self, week: int) -> int:
        return [ceiling.per_week for ceiling in self.ceilings if ceiling.from_week <= max(week, 0)][-1]


class SurgeryDates(Record):
    """When the operation and what belongs to it take place."""

    days_after_care_starts: int
    consultation_days_before: int
    before_surgery: tuple[Service, ...]
    source: str
    note: Prose


class PathwayFile(Record):
    """`hamstring.toml`: everything but the tables."""

    title: Prose
    reviewed: date
    condition: tuple[ConditionEntry, ...]
    phase: tuple[Phase, ...]
    providers: Mapping[Service, str]
    surgery: SurgeryDates
    soft_tissue: SoftTissue
    massage_rule: tuple[MassageRule, ...]
    red_flag: tuple[RedFlag, ...]
    warning: tuple[Caution, ...]
    doctor_first: tuple[DoctorFirst, ...]
    source: tuple[Source, ...]


class VisitRow(Record):
    """Likely visits of one service in one phase; `p_if_planned` is the share of patients still in care then."""

    condition: Condition
    management: Management
    phase: Annotated[int, Field(ge=1, le=5)]
    from_week: int
    to_week: int
    service: Service
    p_if_planned: Rate
    visits_low: int
    visits_likely: int
    visits_high: int
    earliest_day: int | None
    in_surgical_fee: bool
    source: str
    note: Prose

    @model_validator(mode="after")
    def _ordered(self) -> VisitRow:
        if not 0 <= self.visits_low <= self.visits_likely <= self.visits_high:
            raise ValueError("visits_low <= visits_likely <= visits_high does not hold")
        return self


class UptakeRow(Record):
    """The share of average patients who use a service at all."""

    condition: Condition
    management: Management
    service: Service
    probability: Rate
    low: Rate
    high: Rate
    source: str
    note: Prose


class RecoveryRow(Record):
    """Days to return to sport: median, 10th and 90th percentile."""

    condition: Condition
    management: Management
    median_days: Quantity
    p10_days: Quantity
    p90_days: Quantity
    source: str
    note: Prose

    def days_at(self, rank: Floats) -> Floats:
        return days_at(rank, float(self.p10_days), float(self.median_days), float(self.p90_days))

    def share_recovered_by(self, days: float) -> float:
        return rank_of_days(days, float(self.p10_days), float(self.median_days), float(self.p90_days))


class RecurrenceRow(Record):
    """The chance that it comes back within a number of days."""

    condition: Condition
    management: Management
    horizon_days: int
    probability: Rate
    low: Rate
    high: Rate
    source: str
    note: Prose


class WorkLossRow(Record):
    """Calendar days off work by kind of job."""

    condition: Condition
    management: Management
    job_demand: JobDemand
    days_low: int
    days_likely: int
    days_high: int
    source: str
    note: Prose


@dataclass(frozen=True, slots=True)
class Pathway:
    """All tables of the care pathway, checked against each other."""

    file: PathwayFile
    visits: tuple[VisitRow, ...]
    uptake: tuple[UptakeRow, ...]
    recovery: tuple[RecoveryRow, ...]
    recurrence: tuple[RecurrenceRow, ...]
    work_loss: tuple[WorkLossRow, ...]

    def condition(self, condition: Condition) -> ConditionEntry:
        return next(entry for entry in self.file.condition if entry.id == condition)

    def massage_rule(self, condition: Condition, management: Management) -> MassageRule:
        return next(r for r in self.file.massage_rule if (r.condition, r.management) == (condition, management))

    def recovery_of(self, condition: Condition, management: Management) -> RecoveryRow:
        return next(r for r in self.recovery if (r.condition, r.management) == (condition, management))

    def sources(self) -> dict[str, Source]:
        return {source.id: source for source in self.file.source}


@cached_by_language
def load_pathway(folder: Path = FOLDER) -> Pathway:
    """The shipped pathway; raises `FileProblems` naming file, row and field."""
    pathway = Pathway(
        file=validate(PathwayFile, read_toml(folder / "hamstring.toml"), "hamstring.toml"),
        visits=_table(VisitRow, folder / "visits.csv"),
        uptake=_table(UptakeRow, folder / "uptake.csv"),
        recovery=_table(RecoveryRow, folder / "recovery.csv"),
        recurrence=_table(RecurrenceRow, folder / "recurrence.csv"),
        work_loss=_table(WorkLossRow, folder / "work_loss.csv"),
    )
    known = pathway.sources()
    tables: Sequence[tuple[str, Iterable[VisitRow | UptakeRow | RecoveryRow | RecurrenceRow | WorkLossRow]]] = (
        ("visits.csv", pathway.visits),
        ("uptake.csv", pathway.uptake),
        ("recovery.csv", pathway.recovery),
        ("recurrence.csv", pathway.recurrence),
        ("work_loss.csv", pathway.work_loss),
    )
    problems = [
        f"{name}: row {number}: source: '{source}' is not declared in hamstring.toml."
        for name, rows in tables
        for number, row in enumerate(rows, start=2)
        for source in row.source.split()
        if source not in known
    ]
    keys = [(row.condition, row.management, row.phase, row.service) for row in pathway.visits]
    problems += [
        f"visits.csv: {' '.join(map(str, key))} stands twice." for key in sorted({k for k in keys if keys.count(k) > 1})
    ]
    if problems:
        raise FileProblems(problems)
    return pathway


def _table(model: type[Row], path: Path) -> tuple[Row, ...]:
    columns = [*model.model_fields]
    rows = []
    for number, cells in read_rows(path, columns):
        data = {key: _cell(key, value) for key, value in cells.items()}
        rows.append(validate(model, data, f"{path.name}: row {number}"))
    return tuple(rows)


def _cell(column: str, text: str) -> object:
    if column == "in_surgical_fee":
        return text == "yes"
    return None if column == "earliest_day" and not text else text


# ---------------------------------------------------------------- what a scenario wants


@dataclass(frozen=True, slots=True)
class PhaseVisits:
    """Visits of one service wanted in one phase; `counts` has shape (draws,), at most `high`."""

    service: Service
    phase: int
    from_day: int
    to_day: int
    earliest_day: int
    high: int
    counts: Ints
    units: int
    in_surgical_fee: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VisitsWanted:
    """What one condition asks for; days count from the condition's anchor."""

    condition: Condition
    management: Management
    rows: tuple[PhaseVisits, ...]
    recovery_days: Floats
    """Days from the anchor to return to sport, shape (draws,)."""
    messages: tuple[str, ...]
    """Safety rules that changed what was asked for."""


@dataclass(frozen=True, slots=True)
class Component:
    """One condition of a scenario and its share of the draws."""

    condition: Condition
    management: Management
    share: float


def components(scenario: Scenario, pathway: Pathway) -> tuple[Component, ...]:
    """The conditions a scenario may turn out to be: one, or the stated mix of an undiagnosed injury."""
    mix = pathway.condition(scenario.condition).mix
    if not mix:
        return (Component(scenario.condition, scenario.treatment, 1.0),)
    return tuple(Component(part.condition, scenario.treatment, float(part.share)) for part in mix)


def visits_wanted(scenario: Scenario, part: Component, pathway: Pathway, draws: Draws) -> VisitsWanted:
    """Visits per phase and service for one condition.

    One rank a draw says how slowly it recovers; it decides both the recovery time and which phases are still reached,
    so a draw that recovers sooner stops sooner, and the shares of the table hold exactly.
    """
    slow_rank = draws.uniform("recovery")
    rule = pathway.massage_rule(scenario.condition, part.management)
    rows: list[PhaseVisits] = []
    messages: list[str] = []
    uptake = {
        row.service: float(row.probability)
        for row in pathway.uptake
        if (row.condition, row.management) == (part.condition, part.management)
    }
    for row in pathway.visits:
        if (row.condition, row.management) != (part.condition, part.management):
            continue
        used = _is_used(scenario, row.service, uptake, draws)
        if used is None:
            continue
        if row.service == Service.HOME_CARE and row.phase > 1:
            continue  # exercise at home costs its supplies, bought once
        earliest = row.earliest_day or 0
        if row.service == Service.MASSAGE_THERAPY:
            if rule.block_until_day is None:
                continue
            earliest = max(earliest, rule.block_until_day)
        if earliest >= row.to_week * 7:
            continue
        reached = slow_rank >= 1 - float(row.p_if_planned)
        low, likely, high = _bought_once(row) or (row.visits_low, row.visits_likely, row.visits_high)
        counts = draws.visits(f"visits:{row.service}", low, likely, high)
        rows.append(
            PhaseVisits(
                service=row.service,
                phase=row.phase,
                from_day=row.from_week * 7,
                to_day=row.to_week * 7,
                earliest_day=earliest,
                high=high,
                counts=np.where(used & reached, counts, 0),
                units=1,
                in_surgical_fee=row.in_surgical_fee,
                sources=tuple(row.source.split()),
            )
        )
    if Service.MASSAGE_THERAPY in scenario.services:
        messages.append(rule.says)
    offered = {row.service for row in rows}
    messages += [
        say(
            "{service} is not part of the usual course for this injury, so none is counted.",
            service=service_name(service),
        )
        for service in scenario.services
        if service not in offered and service not in (Service.MASSAGE_THERAPY, Service.PRESCRIPTION, Service.TRAVEL)
    ]
    if scenario.prescription_items:
        rows.append(_prescription(scenario.prescription_items, draws.count))
    recovery = pathway.recovery_of(part.condition, part.management)
    return VisitsWanted(
        part.condition,
        part.management,
        tuple(rows),
        _recovery_days(scenario, part, recovery, slow_rank),
        tuple(messages),
    )


def _bought_once(row: VisitRow) -> tuple[int, int, int] | None:
    return (1, 1, 1) if row.service == Service.HOME_CARE else None


def _is_used(scenario: Scenario, service: Service, uptake: Mapping[Service, float], draws: Draws) -> Flags | None:
    """Which draws use the service, or None where the plan leaves it out."""
    parent = Service.PHYSICAL_THERAPY if service == Service.PHYSICAL_THERAPY_EVALUATION else service
    if service == Service.SURGERY:
        return np.ones(draws.count, dtype=bool)
    if scenario.mode == Mode.PLANNED:
        return np.ones(draws.count, dtype=bool) if {service, parent} & {*scenario.services} else None
    return draws.uniform(f"uptake:{parent}") < uptake.get(parent, 0.0)


def _recovery_days(scenario: Scenario, part: Component, recovery: RecoveryRow, slow_rank: Floats) -> Floats:
    """Recovery time of people who are still injured when care starts."""
    late = (scenario.care_starts - scenario.injury_date).days if part.management == Management.CONSERVATIVE else 0
    if part.condition == Condition.PROXIMAL_TENDINOPATHY:
        late = 0  # its days count from the start of care
    already = min(recovery.share_recovered_by(late), 0.999)
    return recovery.days_at(already + slow_rank * (1 - already))


def _prescription(items: int, draws: int) -> PhaseVisits:
    return PhaseVisits(
        service=Service.PRESCRIPTION,
        phase=1,
        from_day=0,
        to_day=14,
        earliest_day=0,
        high=1,
        counts=np.ones(draws, dtype=np.int64),
        units=items,
        in_surgical_fee=False,
        sources=("definition",),
    )
