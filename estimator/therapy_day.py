"""One day of Medicare therapy: minutes to units, the same-day reduction over all lines, and the patient's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from estimator.errors import InputError
from estimator.fee_schedule import (
    DayLine,
    assistant_payment,
    cents,
    nonparticipating,
    units_from_minutes,
)
from estimator.files import Record
from estimator.lookup import SETTINGS
from estimator.tariff import load_tariff
from estimator.vocabulary import Assignment, Region

ZERO = Decimal("0.00")


class DayLineEntry(Record):
    """One code of the day after the rules between lines; `allowed` is for all its units, null where none is paid."""

    code: str
    modifier: str
    units: int
    full_units: int
    reduced_units: int
    allowed: Decimal | None
    by_assistant: bool
    deductible: Decimal
    coinsurance: Decimal
    balance_bill: Decimal
    medicare_pays: Decimal
    reason: str


class TherapyDay(Record):
    """The lines of one day in one place, and who pays what of them."""

    area: str
    setting: str
    date: date
    currency: str
    lines: tuple[DayLineEntry, ...]
    allowed: Decimal
    deductible: Decimal
    coinsurance: Decimal
    balance_bill: Decimal
    medicare_pays: Decimal
    patient_pays: Decimal


def therapy_day(
    units: Sequence[tuple[str, str, int]],
    area: str,
    setting: str,
    on: date,
    *,
    minutes: Mapping[str, int] | None = None,
    by_assistant: frozenset[str] = frozenset(),
    deductible_left: Decimal = ZERO,
    assignment: Assignment = Assignment.PARTICIPATING,
    coinsurance_on_unreduced: bool = True,
    qualifying_apm: bool = False,
    tariffs: Path | None = None,
) -> TherapyDay:
    """Price one day of codes (code, modifier, units) together, as Medicare does.

    `minutes` of timed codes become units by the 8-minute rule. Assistants' lines are paid at 85% of Medicare's share;
    the patient's coinsurance is on the unreduced amount unless the switch says otherwise. Sequestration never touches
    the patient and is left out.
    """
    tariff = load_tariff(Region.MEDICARE_PART_B, tariffs)
    assert tariff.schedule is not None
    if setting not in SETTINGS:
        raise InputError(f"setting: expected one of {', '.join(SETTINGS)} (got {setting!r}).")
    place = tariff.schedule.find_locality(area, on)
    timed = [(code, "", count) for code, count in units_from_minutes(minutes or {}).items() if count]
    wanted = [*units, *timed]
    if not wanted:
        raise InputError("units: name at least one code with its units, such as 97110=2, or minutes that make a unit.")
    lines = tariff.schedule.day(wanted, place, SETTINGS[setting], on, qualifying_apm=qualifying_apm)
    share = tariff.factor("part_b_coinsurance", on).middle
    left, entries = deductible_left, []
    for line in lines:
        allowed, balance = _by_assignment(line, assignment)
        taken = min(left, allowed or ZERO)
        left -= taken
        assisted = line.code in by_assistant
        if assisted and allowed is not None:
            paid = assistant_payment(
                allowed,
                deductible=taken,
                patient_coinsurance=share,
                coinsurance_on_unreduced=coinsurance_on_unreduced,
            )
            coinsurance, medicare = paid.coinsurance, paid.medicare_pays
        else:
            coinsurance = cents(((allowed or ZERO) - taken) * share)
            medicare = (allowed or ZERO) - taken - coinsurance
        entries.append(
            DayLineEntry(
                code=line.code,
                modifier=line.modifier,
                units=line.units,
                full_units=line.full_units,
                reduced_units=line.reduced_units,
                allowed=allowed,
                by_assistant=assisted,
                deductible=taken,
                coinsurance=coinsurance,
                balance_bill=balance,
                medicare_pays=medicare,
                reason=line.reason,
            )
        )
    total = {name: sum((getattr(entry, name) for entry in entries), ZERO) for name in _MONEY}
    return TherapyDay(
        area=place.area,
        setting=SETTINGS[setting],
        date=on,
        currency=tariff.region.currency,
        lines=tuple(entries),
        allowed=sum((entry.allowed or ZERO for entry in entries), ZERO),
        patient_pays=total["deductible"] + total["coinsurance"] + total["balance_bill"],
        **total,
    )


_MONEY = ("deductible", "coinsurance", "balance_bill", "medicare_pays")


def _by_assignment(line: DayLine, assignment: Assignment) -> tuple[Decimal | None, Decimal]:
    """(allowed, balance bill) of a line; a clinician who does not participate is allowed 95%."""
    if line.allowed is None or assignment == Assignment.PARTICIPATING:
        return line.allowed, ZERO
    fee = nonparticipating(line.allowed, assigned=assignment == Assignment.ACCEPTED)
    return fee.allowed, fee.balance_bill
