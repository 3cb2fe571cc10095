"""An insurer's in-network file: which rates count, which are left out, and files that must be refused."""

from __future__ import annotations

import gzip
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from estimator.errors import InputError
from estimator.imports import streams
from estimator.imports.insurer_rates import InsurerRates, import_insurer_rates

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "data" / "mrf" / "in_network_v2.json"
REFERENCE = Path(os.environ.get("ESTIMATOR_REFERENCE", ROOT.parent / "shared" / "reference")) / "us_private" / "mrf"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(),
    reason="the published examples are not here; set ESTIMATOR_REFERENCE to the reference folder",
)


def counts(read: InsurerRates) -> dict[str, int]:
    return {each.kind: each.count for each in read.findings}


def written(content: object, into: Path) -> Path:
    into.write_text(json.dumps(content), encoding="utf-8")
    return into


def loaded() -> dict[str, object]:
    read = json.loads(FILE.read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def refusal(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        import_insurer_rates(file)
    assert str(caught.value).startswith(str(file))
    return str(caught.value)


def test_a_file_says_whose_it_is() -> None:
    read = import_insurer_rates(FILE)
    assert (
        read.insurer,
        read.plan,
        read.version,
        read.codes_read,
        read.provider_groups,
    ) == ("Example Insurer", "Example PPO", "2.0.0", 5, 3)


def test_every_group_of_providers_counts_once_for_each_rate() -> None:
    office = next(
        e for e in import_insurer_rates(FILE).prices if e.setting == "outpatient, office" and e.code == "97110"
    )
    assert office.negotiated is not None
    assert (3, Decimal("30.00"), Decimal("60.00")) == (
        office.negotiated.count,
        office.negotiated.typical,
        office.negotiated.largest,
    )


def test_percentages_days_models_and_modified_or_ended_rates_are_left_out_and_counted() -> None:
    expected = {
        "placeholder": 1,
        "percentage_only": 1,
        "per_day": 1,
        "derived": 1,
        "modifier": 1,
        "expired": 2,
        "capitation": 1,
        "all_codes": 1,
        "unit_not_marked": 4,
    }
    assert expected == counts(import_insurer_rates(FILE))


def test_offices_and_facilities_become_rows_of_their_settings() -> None:
    rows = {(row["code"], row["setting"]): row["typical"] for row in import_insurer_rates(FILE).to_rows()}
    assert rows == {
        ("97110", "independent_clinic"): "30.00",
        ("97110", "hospital_outpatient"): "75.00",
        ("emergency-facility", ""): "480.00",
    }


def test_a_source_is_a_survey() -> None:
    read = import_insurer_rates(FILE)
    assert (read.source().kind, read.source().id) == ("survey", "insurer-example-insurer-example-ppo-2026-05-01")


def test_a_packed_file_gives_the_same_rates(tmp_path: Path) -> None:
    (tmp_path / "file.json.gz").write_bytes(gzip.compress(FILE.read_bytes()))
    plain, packed = import_insurer_rates(FILE), import_insurer_rates(tmp_path / "file.json.gz")
    assert (plain.prices, plain.findings) == (packed.prices, packed.findings)


@pytest.mark.parametrize("size", [50, 333, 2048])
@pytest.mark.parametrize("largest", [700, 1000, 1 << 20])
def test_pieces_of_any_size_give_the_same_rates(monkeypatch: pytest.MonkeyPatch, size: int, largest: int) -> None:
    whole = import_insurer_rates(FILE)
    monkeypatch.setattr(streams, "BLOCK", size)
    monkeypatch.setattr(streams, "LARGEST_PIECE", largest)  # 700: the first code's rates are taken in parts
    read = import_insurer_rates(FILE)
    assert (whole.prices, whole.codes_read, counts(whole)) == (read.prices, read.codes_read, counts(read))


def test_a_huge_list_of_providers_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = loaded()
    references = file["provider_references"]
    assert isinstance(references, list)
    references.append({"provider_group_id": 4, "provider_groups": [{"npi": list(range(2000)), "tin": {}}]})
    monkeypatch.setattr(streams, "BLOCK", 1000)
    monkeypatch.setattr(streams, "LARGEST_PIECE", 2000)
    read = import_insurer_rates(written(file, tmp_path / "file.json"))
    assert (read.provider_groups, read.prices) == (4, import_insurer_rates(FILE).prices)


def test_the_kind_of_contract_may_come_after_the_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sorted.json"
    file.write_text(json.dumps(loaded(), sort_keys=True), encoding="utf-8")
    whole = import_insurer_rates(FILE)
    monkeypatch.setattr(streams, "BLOCK", 1000)
    monkeypatch.setattr(streams, "LARGEST_PIECE", 1000)
    read = import_insurer_rates(file)
    assert (whole.prices, counts(whole)) == (read.prices, counts(read))


def test_one_amount_for_many_codes_is_left_out(tmp_path: Path) -> None:
    file = loaded()
    entries = file["in_network"]
    assert isinstance(entries, list)
    for code in ("97140", "97530", "99203", "73718"):
        entries.append({**entries[1], "billing_code": code})
    read = import_insurer_rates(written(file, tmp_path / "flat.json"))
    assert counts(read)["flat_price"] == 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "the JSON begins with a list"),
        ({"reporting_structure": [], "reporting_entity_name": "x"}, "this is the insurer's table of contents"),
        ({"out_of_network": [], "reporting_entity_name": "x"}, "past out-of-network amounts"),
        ({"standard_charge_information": []}, "a hospital's file: use hospital-prices"),
        ({"in_network": [], "reporting_entity_name": "x"}, "in_network: the list is empty"),
        ({"in_network": {}}, "in_network is not a list"),
        ({"in_network": [{"billing_code": "97110"}]}, "reporting_entity_name: this is missing"),
        (
            {"in_network": [{"billing_code": "97110", "negotiated_rates": [{"negotiated_prices": 5}]}]},
            "in_network, element 1: the entry is not laid out as the published JSON",
        ),
        (
            {"in_network": [{"billing_code": "00000"}], "reporting_entity_name": "x", "last_updated_on": "soon"},
            "last_updated_on: expected a date such as 2026-04-01 (got 'soon')",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: object, words: str) -> None:
    assert words in refusal(written(content, tmp_path / "file.json"))


def test_a_table_is_refused() -> None:
    assert "this is not JSON" in refusal(FILE.with_name("tall_v3.csv"))


def test_a_file_cut_short_says_where(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(FILE.read_bytes()[:-400])
    assert "in_network, element 4: not valid JSON: the file is cut short" in refusal(tmp_path / "file.json")


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.json.gz").write_bytes(gzip.compress(FILE.read_bytes())[:-60])
    assert "the packed file is cut short" in refusal(tmp_path / "file.json.gz")


@needs_reference
def test_the_published_example_of_every_kind_of_rate_is_understood() -> None:
    codes = frozenset({"99214", "97110", "27447", "99285", "80053"})
    read = import_insurer_rates(REFERENCE / "tic" / "example_in-network-rates-all-negotiated-types-sample.json", codes)
    assert counts(read) == {"percentage_only": 2, "inpatient": 2, "derived": 1}
    assert read.codes_not_found == ()


@needs_reference
def test_every_published_example_is_read_or_refused_by_name() -> None:
    for file in sorted((REFERENCE / "tic").glob("example_*.json")):
        if "in-network" in file.name:
            assert import_insurer_rates(file, frozenset({"27447"})).codes_read > 0
        else:
            assert "no in_network at the top level" in refusal(file)
