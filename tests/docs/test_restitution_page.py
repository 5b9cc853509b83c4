"""The case on the page of restitution is split as the page says."""

import json
import re
from pathlib import Path

from yipanqi.engine.restitution import parse_case, split, split_json

PAGE = (Path(__file__).resolve().parents[2] / "docs/restitution.md").read_text("utf-8")


def test_the_example_gives_what_the_page_says() -> None:
    case, answer = re.search(r"```json\n(.*?)```.*?--json\n(.*?)```", PAGE, re.S).groups()
    file = parse_case(case)
    found = [split_json(split(file.case, policy)) for policy in file.runs]
    assert {"id": file.case.id, "runs": found} == json.loads(answer)


def test_every_test_of_a_point_that_was_open_is_there() -> None:
    named = set(re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", PAGE))
    assert named and all((Path(__file__).resolve().parents[2] / name).exists() for name in named)
