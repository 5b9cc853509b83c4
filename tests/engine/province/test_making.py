"""The province as a whole: same seed, same bytes; money conserved; shares as the priors say."""

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from yipanqi import catalog
from yipanqi.engine.province import OutputError, Province, ScenarioError, generate

GOLDEN = "3814b0f57ddfff8da1e1397876f1f7dacdcd6bbb1a9fe5526c20bcf257ef1359"
FILES = {
    "residents.csv", "accounts.csv", "transfers.csv", "warnings.jsonl", "manifest.json", "truth/frauds.csv",
    "truth/payments.csv", "truth/tainted.csv", "truth/mules.csv", "truth/warnings.csv",
}  # fmt: skip


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_same_bytes_and_another_seed_other_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(seed, 1, tmp_path / name, scale=0.1, warnings_per_day=20)
    one, again, other = (_bytes(tmp_path / name) for name in "abc")
    assert set(one) == FILES
    assert one == again
    assert all(one[name] != other[name] for name in FILES)


def test_a_tiny_province_is_pinned(tmp_path: Path) -> None:
    """A change here means that every province changes: do it on purpose, then pin the new hash."""
    generate(42, 1, tmp_path, scale=0.05, warnings_per_day=10)
    manifest = (tmp_path / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == GOLDEN


def test_the_manifest_names_the_hash_of_every_file(tmp_path: Path) -> None:
    generate(1, 1, tmp_path, scale=0.05, warnings_per_day=5)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    found = {name: hashlib.sha256(data).hexdigest() for name, data in _bytes(tmp_path).items()}
    del found["manifest.json"]
    assert manifest["sha256"] == found
    assert (manifest["seed"], manifest["days"], manifest["synthetic"]) == (1, 1, True)


def test_money_is_conserved_and_no_account_goes_below_zero(province: Province) -> None:
    balances = {account.number: account.opening_minor for account in province.accounts}
    opening = sum(balances.values())
    for transfer in province.transfers:
        assert transfer.amount_minor > 0
        balances[transfer.payer] -= transfer.amount_minor
        assert balances[transfer.payer] >= 0
        balances[transfer.payee] += transfer.amount_minor
    assert balances == province.closing_minor
    assert sum(balances.values()) == opening


def test_time_and_serial_run_together_within_the_days(province: Province) -> None:
    order = [(transfer.booked_at, transfer.serial) for transfer in province.transfers]
    assert order == sorted(order)
    end_at = province.scenario.instant(province.scenario.end_s)
    assert order[-1][0] < end_at
    assert [w.sent_at for w in province.warnings] == sorted(w.sent_at for w in province.warnings)


def test_fraud_types_come_by_the_class_priors() -> None:
    province = generate(3, 10, scale=0.5, warnings_per_day=300)
    counts = Counter(fraud.fraud_type for fraud in province.truth.frauds)
    priors = {code: catalog.fraud_types()[code].prior_cases for code in ("T01", "T04", "T08")}
    for code, prior in priors.items():
        assert counts[code] / counts.total() == pytest.approx(prior / sum(priors.values()), abs=0.04)


def test_about_as_many_warnings_as_asked_for() -> None:
    province = generate(3, 10, scale=0.5, warnings_per_day=300)
    assert 0.85 * 3000 < len(province.warnings) < 1.15 * 3000
    false = sum(not truth.is_true for truth in province.truth.warnings)
    assert 0.15 < false / len(province.warnings) < 0.30


def test_the_tainted_transfers_of_a_fraud_start_at_its_payments(province: Province) -> None:
    transfers = {transfer.id: transfer for transfer in province.transfers}
    by_fraud = defaultdict(list)
    for tainted in province.truth.tainted:
        assert transfers[tainted.transfer_id].amount_minor == tainted.amount_minor
        by_fraud[tainted.fraud_id].append(tainted)
    for fraud in province.truth.frauds:
        starts = [tainted.transfer_id for tainted in by_fraud[fraud.id] if tainted.level == 0]
        assert starts == [payment.transfer_id for payment in fraud.payments]
        assert all(transfers[name].payer == fraud.victim.account for name in starts)


def test_victims_are_of_the_ages_of_the_published_list() -> None:
    province = generate(3, 10, scale=1, warnings_per_day=300)
    ages = [fraud.victim.age for fraud in province.truth.frauds]
    assert 0.57 < sum(18 <= age <= 40 for age in ages) / len(ages) < 0.67
    assert 0.28 < sum(41 <= age <= 65 for age in ages) / len(ages) < 0.38


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"days": 0}, "days 0"),
        ({"seed": -1}, "seed -1"),
        ({"scale": 1000.0}, "scale 1000"),
        ({"warnings_per_day": 0}, "warnings-per-day 0"),
    ],
)
def test_settings_out_of_bounds_are_refused_by_name(settings: dict[str, int], named: str) -> None:
    with pytest.raises(ScenarioError, match=named):
        generate(**{"seed": 1, "days": 1} | settings)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        generate(1, 1, tmp_path / "taken", scale=0.05, warnings_per_day=1)
