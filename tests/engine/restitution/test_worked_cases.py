"""The worked cases of the rules, each to the cent; where one says what is held or not recovered, that too."""

import json

import pytest

from tests.engine.restitution.cases import WORKED
from yipanqi.engine.restitution import Facts, parse_case, second_round, split, split_json

RUNS = [(case, number) for case in WORKED for number in range(len(case["runs"]))]


@pytest.mark.parametrize(("case", "number"), RUNS, ids=[f"{case['id']}-{number}" for case, number in RUNS])
def test_a_run(case, number):
    file, expected = parse_case(json.dumps(case)), case["runs"][number]
    found = split_json(split(file.case, file.runs[number]))
    assert (found["basis"], found["expect"]) == (expected["basis"], expected["expect"])
    assert expected.get("held", {}).items() <= found["held"].items()
    assert expected.get("unrecovered", {}).items() <= found["unrecovered"].items()


def test_a_second_round():
    case = next(case for case in WORKED if "second_round" in case)
    file = parse_case(json.dumps(case))
    first = split(file.case, file.second.after, Facts(file.case))
    found = split_json(split(second_round(first, file.second.claims, file.second.frozen), file.second.after))
    assert found["expect"] == case["second_round"]["expect"]
    assert found["unrecovered"] == case["second_round"]["unrecovered"]


def test_there_are_all_of_them():
    assert len(WORKED) == 18 and len(RUNS) == 33
