"""Every allocation tells how it came about, in both languages: rule, numbers, transfers, law; the numbers are true."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from tests.engine.restitution.cases import WORKED, case_of, row, worked
from yipanqi import catalog
from yipanqi.engine.restitution import (
    Policy,
    compare,
    exact_text,
    explain,
    parse_case,
    rule_name,
    sentence,
    split,
)
from yipanqi.engine.restitution import explaining as explaining_module


def lines_of(name, number=0):
    file = parse_case(json.dumps(worked(name)))
    found = split(file.case, file.runs[number])
    return found, list(explain(found))


def said(lines, lang, claim=None):
    return [sentence(line, lang) for line in lines if line.claim == claim]


def test_the_steps_of_a_ratio():
    """X5 by loss: 50.00 × 100.00 / 150.00 is 33.33, with the transfers and the debit that opened the question."""
    _, lines = lines_of("X5")
    assert [line.code for line in lines if line.claim is None] == ["test.broken", "notice", "held"]
    assert [line.code for line in lines if line.claim == "V2"] == [
        "net",
        "share.loss_ratio",
        "round.up",
        "paid",
    ]
    broken = lines[0]
    assert broken.transfers == ("t3",)
    assert (broken.facts["first"], broken.facts["second"]) == ("V1", "V2")
    share = next(line for line in lines if line.code == "share.loss_ratio" and line.claim == "V2")
    assert share.facts == {
        "principal_minor": 5000, "part_minor": 5000, "whole_minor": 15000, "share": Fraction(5000, 3),
    }  # fmt: skip
    assert (share.transfers, share.law) == (("t2",), ("64 8", "FR11 9"))
    assert said(lines, "en", "V2")[1].startswith("Loss ratio: principal 50.00 × loss counted 50.00 ÷ 150.00")
    assert "= 16.666666…" in said(lines, "zh", "V2")[1] and "法释〔2011〕7号" in said(lines, "zh", "V2")[1]
    assert said(lines, "zh", "V2")[-1] == "返还16.67。"


def test_the_cap_and_what_upstream_paid():
    _, lines = lines_of("X18")
    codes = [line.code for line in lines if line.account == "C" and line.claim == "V"]
    assert codes == ["net.upstream", "share.given_shares", "cap", "paid"]
    cap = next(line for line in lines if line.code == "cap")
    assert cap.facts == {"net_minor": 100000, "share": Fraction(200000), "surplus": Fraction(100000)}


def test_direct_says_which_of_the_two_rules():
    assert lines_of("X1")[1][0].code == "test.single"
    assert lines_of("X4")[1][0].code == "test.holds"
    _, lines = lines_of("X19")
    assert [line.code for line in lines if line.claim is None] == ["test.holds", "frozen.less", "held"]
    assert [line.code for line in lines if line.claim == "V1"] == [
        "net",
        "share.direct.scaled",
        "round.up",
        "paid",
    ]


def test_a_tie_and_a_mixed_hop_are_named():
    tie = {**row(2, "A", "ATM", "40.00"), "booked_at": row(1, "", "", "")["booked_at"]}
    case = case_of(row(1, "V", "A", "100.00"), tie, frozen={"A": "60.00"}, claims={"V": "100.00"})
    assert next(explain(split(case, Policy()))).code == "test.tied"
    below = case_of(
        row(1, "V1", "A", "100.00"), row(2, "V2", "A", "50.00"), row(3, "A", "B", "30.00"),
        frozen={"B": "30.00"}, claims={"V1": "100.00", "V2": "50.00"},
    )  # fmt: skip
    first, *others = explain(split(below, Policy()))
    assert (first.code, first.transfers) == ("test.upstream", ("t3",))
    assert [line.code for line in others if line.claim is None] == ["window.start", "notice", "held"]


def test_many_transfers_are_told_as_the_first_few():
    rows = [row(number, "V", "A", "1.00") for number in range(1, 9)]
    case = case_of(*rows, frozen={"A": "8.00"}, claims={"V": "8.00"})
    share = next(line for line in explain(split(case, Policy())) if line.code == "share.direct")
    assert share.transfers == ("t1", "t2", "t3", "t4", "t5") and share.more
    assert "t5, …" in sentence(share, "en")


def all_lines():
    for document in WORKED:
        file = parse_case(json.dumps(document))
        policies = dict(enumerate(file.runs))
        policies |= {
            "hold": Policy(interest="hold"),
            "again": Policy(proportional="loss_ratio", prior_recovery="hotchpot"),
        }
        for found in [*compare(file.case, policies).splits.values(), *compare(file.case).splits.values()]:
            for line in explain(found):
                yield found, line


def test_every_line_has_its_sentence_in_both_languages_and_every_number_is_put_in():
    for found, line in all_lines():
        for lang in ("zh", "en"):
            text = sentence(line, lang, found.case.currency)
            assert "{" not in text and "None" not in text, (line.code, text)


def test_the_formulas_come_out():
    """The numbers in the sentences give the amounts that are paid."""
    checked = 0
    for found, line in all_lines():
        facts = line.facts
        if line.code in ("share.traced_share", "share.loss_ratio", "share.pari_passu", "share.direct.scaled"):
            assert facts["share"] == Fraction(
                facts["principal_minor"] * facts["part_minor"], facts["whole_minor"]
            )
        elif line.code == "share.hotchpot":
            ratio = Fraction(facts["numerator_minor"], facts["denominator_minor"])
            assert facts["share"] == ratio * facts["base_minor"] - facts["before_minor"]
        elif line.code == "share.libr_cap.scaled":
            assert facts["share"] <= Fraction(
                facts["part_minor"] * facts["balance_minor"], facts["whole_minor"]
            )
        elif line.code == "held":
            total = facts["principal_minor"] + facts["interest_minor"] - facts["paid_minor"]
            assert total == facts["held_minor"] >= 0
        elif line.code.startswith("paid"):
            account = next(each for each in found.accounts if each.account == line.account)
            assert facts["amount_minor"] == account.paid[line.claim]
        elif line.code.startswith("round"):
            assert abs(facts["share"] - facts["amount_minor"]) < 1
        else:
            continue
        checked += 1
    assert checked > 200


def test_no_word_of_the_catalog_is_left_over():
    source = "".join(
        path.read_text("utf-8")
        for room in ("engine/restitution", "cli")
        for path in (catalog_root() / room).glob("*.py")
    )
    rules = {line.code for _, line in all_lines()} | {
        "test.tied",
        "test.upstream",
        "frozen.more",
        "window.since",
    }
    for code in catalog.split_words():
        family = code.split(".")[0]
        assert (
            code in rules or f'"{code}"' in source or family in ("name", "source", "share", "rule", "column")
        ), code


def catalog_root():
    return Path(explaining_module.__file__).resolve().parents[2]


def test_every_law_key_stands_in_the_catalog():
    for keys in explaining_module.LAW.values():
        for key in keys:
            assert key == "D" or re.fullmatch(r"[A-Z0-9]+( [0-9]+)?", key)
            assert key == "D" or key.split()[0] in catalog.citations()


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (Fraction(5000), "CNY", "50.00"),
        (Fraction(5000, 3), "CNY", "16.666666…"),
        (Fraction(1, 3), "CNY", "0.003333…"),
        (Fraction(5, 2), "CNY", "0.025000"),
        (Fraction(10, 3), "JPY", "3.3333…"),
    ],
)
def test_money_that_is_not_rounded_yet(minor, currency, text):
    assert exact_text(minor, currency) == text


def test_rules_have_names_in_both_languages():
    assert rule_name("direct", "zh") == "直接返还" and rule_name("libr_cap", "en") == "Lowest balance"
