"""A plan as the text of a plan file: every term that is not the default, so that it reads back as the same plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from estimator.plan import Benefit, Plan


def plan_to_toml(plan: Plan) -> str:
    """The plan file of a plan; reading it gives the same plan again."""
    lines = list(_pairs(plan, skip={"sources", "source"} if plan.sources else {"sources"}))
    for name in ("premium", "deductible", "out_of_pocket_max", "out_of_network"):
        record = getattr(plan, name)
        if record is not None:
            lines += ["", f"[{name}]", *_pairs(record)]
    tables: tuple[tuple[str, Sequence[BaseModel]], ...] = (
        ("separate_deductible", plan.separate_deductible),
        ("benefit", plan.benefit),
        ("exclusion", plan.exclusion),
        ("threshold", plan.threshold),
        ("pays", plan.pays),
        ("source", plan.sources),
    )
    for name, records in tables:
        for record in records:
            lines += ["", f"[[{name}]]", *_pairs(record)]
    return "\n".join(lines) + "\n"


def _pairs(record: BaseModel, skip: set[str] = frozenset()) -> Iterator[str]:  # type: ignore[assignment]
    """The plain fields of a record that differ from their defaults."""
    for name, about in type(record).model_fields.items():
        value = getattr(record, name)
        if (
            name in skip
            or isinstance(value, BaseModel)
            or (isinstance(value, tuple) and value and isinstance(value[0], BaseModel))
        ):
            continue
        if value is None or value in ("", ()):
            continue
        is_term = isinstance(record, Benefit) and name in ("deductible_applies", "copay", "patient_coinsurance")
        if about.is_required() or is_term or value != about.default:
            yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case int():
            return str(value)
        case Decimal():
            exact = value.normalize()
            return f"{exact:.2f}" if exact == exact.quantize(Decimal("0.01")) else f"{exact:f}"
        case date():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(_value(each) for each in value)}]"
    raise TypeError(f"no way to write {value!r}")
