"""A CASE.json is read by the contract; whatever does not fit is refused in one line that says where and why."""

import json
from pathlib import Path

import pytest

from tests.engine.restitution.cases import row
from yipanqi.engine.restitution import CaseError, Claim, Frozen, Policy, parse_case, read_case

GOOD = {
    "id": "good",
    "about": "a remark",
    "transfers": [
        row(1, "V", "A", "10.00", serial=4, currency="CNY", kind="transfer"),
        row(2, "A", "B", "3.00"),
    ],
    "opening": {"A": "1.00"},
    "own": ["H"],
    "frozen": {"A": {"principal": "8.00", "interest": "0.01"}},
    "claims": {"V": {"loss": "12.00", "recovered": "1.00", "transfers": ["t1"]}},
    "runs": [{"policy": {"method": "fifo"}}, {"policy": {}, "expect": {}}],
}


def changed(path, value):
    """The good document with one field put, or (value None) taken out."""
    document = json.loads(json.dumps(GOOD))
    *way, last = path
    part = document
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return json.dumps(document)


def test_a_whole_case():
    file = parse_case(json.dumps(GOOD))
    case = file.case
    assert (case.id, case.currency, len(case.ledger)) == ("good", "CNY", 2)
    assert case.frozen == {"A": Frozen(800, 1)}
    assert case.claims == {"V": Claim(1200, 100, ("t1",))} and case.claims["V"].net_minor == 1100
    assert (case.opening, case.own, case.shares, file.second) == ({"A": 100}, {"H"}, None, None)
    assert file.runs == (Policy(method="fifo"), Policy())


def test_keys_that_a_run_lacks_are_the_default():
    file = parse_case(json.dumps(GOOD), default=Policy(interest="hold", method="lifo"))
    assert file.runs == (Policy(method="fifo", interest="hold"), Policy(method="lifo", interest="hold"))
    assert parse_case(changed(["runs"], None)).runs == (Policy(),)
    assert parse_case(changed(["runs", 0, "policy", "method"], "none")).runs[0].method == "none"


def test_a_time_without_offset_is_in_the_zone():
    text = changed(["transfers", 0, "booked_at"], "2025-03-01 09:00:00")
    in_china = parse_case(text).case.ledger.booked_at[0]
    in_singapore = parse_case(text, zone="Asia/Tokyo").case.ledger.booked_at[0]
    assert in_china - in_singapore == 3_600_000_000


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["id"], None, "field id: is missing"),
        (["transfers"], None, "field transfers: is missing, and no shares are given"),
        (["transfers"], {}, "field transfers: must be a list, not dict"),
        (["transfers", 1], 5, "transfer number 2: is no object"),
        (["transfers", 1, "id"], None, "transfer number 2, field id: is missing"),
        (["transfers", 1, "id"], "t1", "transfer number 1, field id: 't1' is given twice"),
        (["transfers", 0, "amount"], 10, 'transfer t1, field amount: \'10\' must be text, as in "100.00"'),
        (["transfers", 0, "amount"], "ten", "transfer t1, field amount: 'ten' is no amount of money"),
        (["transfers", 0, "amount"], "0.00", "transfer t1, field amount: '0.00' is not more than zero"),
        (["transfers", 1, "amount"], "-3.00", "transfer t2, field amount: '-3.00' is not more than zero"),
        (["transfers", 1, "amount"], "3.001", "transfer t2, field amount: '3.001' is no amount"),
        (["transfers", 1, "booked_at"], "noon", "transfer t2, field booked_at: 'noon' is no instant"),
        (["transfers", 1, "payee"], "", "transfer t2, field payee: is missing"),
        (["transfers", 1, "kind"], "gift", "transfer t2, field kind: 'gift' is none of transfer, cash_out"),
        (["transfers", 1, "serial"], 1.5, "transfer t2, field serial: '1.5' is no whole number"),
        (["opening", "A"], "-1", "opening, account A: '-1' carries a minus sign"),
        (["own"], [1], "field own: must be a list of payers"),
        (["frozen"], None, "field frozen: is missing"),
        (["frozen", "A"], "8.00", "frozen, account A: must be an object, not str"),
        (["frozen", "A", "principal"], None, "frozen, account A, field principal: is missing"),
        (["frozen", "A", "interests"], "1.00", "frozen, account A, field interests: unknown; known are principal"),
        (["claims"], None, "field claims: is missing"),
        (["claims", "V", "loss"], None, "claim V, field loss: is missing"),
        (["claims", "V", "loss"], "many", "claim V, field loss: 'many' is not an amount of money"),
        (["claims", "V", "recoverd"], "1.00", "claim V, field recoverd: unknown; known are loss, recovered"),
        (["claims", "V", "transfers"], "t1", "claim V, field transfers: must be a list, not str"),
        (["claims", "V", "loss"], "99999999999999999", "claim V, field loss: "),
        (["levels"], {"A": 0}, "levels, account A: 0 is no whole number above zero"),
        (["shares"], {"A": {"V": "x"}}, "shares, account A, claim V: 'x' is not an amount"),
        (["runs", 0, "policy", "method"], "poison", "run 1, policy, field method: 'poison' is none of none, haircut"),
        (["runs", 1, "policy", "intrest"], "hold", "run 2, policy, field intrest: unknown; known are method"),
        (["runs", 1, "policy"], ["x"], "run 2, policy: must be an object, not list"),
        (["second_round"], {"claims": {}, "after": {"policy": {"a": "x"}}}, "second_round, policy, field a: unknown"),
        (["second_round"], {"claims": {"K": {}}}, "second_round, claim K, field loss: is missing"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(path, value, said):
    with pytest.raises(CaseError) as caught:
        parse_case(changed(path, value))
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_key_given_twice_is_refused():
    text = json.dumps(GOOD).replace('"claims": {', '"claims": {"V": {"loss": "1.00"}, ')
    with pytest.raises(CaseError, match=r"^'V': is given twice in one object$"):
        parse_case(text)


def test_a_file_is_named(tmp_path: Path):
    path = tmp_path / "case.json"
    with pytest.raises(CaseError, match=r"case\.json: cannot be read: No such file"):
        read_case(path)
    path.write_text('{"id": "x",\n "frozen" 5}')
    with pytest.raises(CaseError, match=r"case\.json: line 2, column 11: is not JSON"):
        read_case(path)
    path.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(CaseError, match=r"case\.json: is not JSON in UTF-8"):
        read_case(path)
    path.write_text(changed(["claims", "V", "loss"], None))
    with pytest.raises(CaseError, match=r"case\.json: claim V, field loss: is missing"):
        read_case(path)
