"""The administrator's desk and the own password: from a first password shown once to an officer at work."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from yipanqi.ops.journal.models import Entry
from yipanqi.ops.staff.models import Officer
from yipanqi.ops.staff.rules import LoginFailed
from yipanqi.ops.staff.signing import sign_in
from yipanqi.rehearsal.world import World

Browser = Callable[..., Client]
FORM = {"act": "add", "username": "chen", "name": "陈明", "unit": "350104 仓山区", "group": "prevention"}
NEW = "loud-mountain-28"
pytestmark = pytest.mark.django_db


def shown_password(response: Any) -> str:
    found = re.search(r'id="issued-key">([^<]+)<', response.content.decode())
    assert found
    return found[1]


def signed_in(username: str, password: str) -> Client:
    client = Client()
    answer = client.post("/login", {"username": username, "password": password})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["新增人员", "重置密码", "停用", "劝阻员", "仓山区"]),
        ("en", ["Add an officer", "Reset password", "Deactivate", "Seat operator", "Cangshan"]),
    ],
)
def test_the_page_in_both_languages(world: World, browser: Browser, language: str, words: list[str]) -> None:
    world.officer("lin", unit="350104")
    page = browser(language=language, unit="350100").get("/staff")
    text = page.content.decode()
    assert page.status_code == 200
    assert [word for word in words if word not in text] == []
    offered = re.findall(r'<option value="(\d+) ', text)
    assert {"350100", "350104", "350104001"} <= set(offered)
    assert not [code for code in offered if not code.startswith("3501")]


def test_from_the_first_password_to_an_officer_at_work(browser: Browser) -> None:
    admin = browser()
    added = admin.post("/staff", FORM | {"roles": ["operator", "auditor"]})
    assert added.status_code == 200
    password = shown_password(added)
    officer = Officer.objects.get(username="chen")
    assert (officer.unit_id, officer.group, officer.roles) == (
        "350104",
        "prevention",
        ["operator", "auditor"],
    )
    entry = Entry.objects.get(event="officer.created", subject_id=officer.id)
    assert entry.actor_id == str(admin.officer.id)  # type: ignore[attr-defined]
    assert password not in admin.get("/staff").content.decode()

    chen, elsewhere = signed_in("chen", password), signed_in("chen", password)
    for address in ("/", "/seat", "/wall", "/journal", "/staff"):
        assert chen.get(address).headers["Location"] == "/password", address
    swap = chen.post("/seat/next", headers={"HX-Request": "true"})
    assert (swap.status_code, swap.headers["HX-Redirect"]) == (401, "/password")
    page = chen.get("/password").content.decode()
    assert "别人看到过" in page and 'href="/seat"' not in page

    done = chen.post("/password", {"old": password, "new": NEW, "again": NEW})
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    assert chen.get("/seat").status_code == 200
    assert elsewhere.get("/seat").headers["Location"].startswith("/login")
    assert signed_in("chen", NEW).get("/seat").status_code == 200
    with pytest.raises(LoginFailed):
        sign_in(username="chen", password=password, now=officer.created_at)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "two words"}, "用户名不合规"),
        ({"username": "w0"}, "用户名已被使用"),
        ({"name": ""}, "缺少必填项"),
        ({"roles": []}, "缺少必填项"),
        ({"roles": ["king"]}, "没有这个角色"),
        ({"group": "nobody"}, "没有这个组"),
        ({"unit": "仓山"}, "没有这个辖区代码"),
        ({"unit": "350200"}, "没有找到，或不在您的辖区"),
    ],
)
def test_a_form_that_does_not_fit_keeps_what_was_typed(
    browser: Browser, changes: dict[str, Any], sentence: str
) -> None:
    answer = browser(unit="350100").post("/staff", FORM | {"roles": ["operator"]} | changes)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count(sentence) == 1 and 'class="notice"' not in text
    assert ('<details class="panel" open>' in text and 'value="陈明"' in text) or not changes.get("name", "x")
    assert Officer.objects.count() == 1


def test_a_reset_shows_a_password_once_and_signs_the_officer_out(world: World, browser: Browser) -> None:
    officer = world.officer("lin", password="quiet-harbour-27")
    lin = signed_in("lin", "quiet-harbour-27")
    answer = browser().post("/staff", {"act": "reset", "officer": str(officer.id)})
    password = shown_password(answer)
    assert lin.get("/seat").headers["Location"].startswith("/login")
    assert signed_in("lin", password).get("/seat").headers["Location"] == "/password"


def test_unlock_close_and_open_again(world: World, browser: Browser) -> None:
    officer = world.officer("lin", password="quiet-harbour-27")
    for _ in range(5):
        Client().post("/login", {"username": "lin", "password": "wrong"})
    admin, chosen = browser(), {"officer": str(officer.id)}
    assert 'value="unlock"' in admin.get("/staff").content.decode()
    unlocked = admin.post("/staff?q=lin", chosen | {"act": "unlock"})
    assert unlocked.headers["Location"] == "/staff?q=lin"
    lin = signed_in("lin", "quiet-harbour-27")
    page = admin.get("/staff?q=lin").content.decode()
    assert 'value="unlock"' not in page and "data-confirm" in page
    assert admin.post("/staff", chosen | {"act": "deactivate"}).status_code == 302
    assert lin.get("/seat").headers["Location"].startswith("/login")
    assert 'value="reactivate"' in admin.get("/staff?q=lin").content.decode()
    password = shown_password(admin.post("/staff", chosen | {"act": "reactivate"}))
    assert signed_in("lin", password).get("/").headers["Location"] == "/password"


def test_the_own_account_is_refused_in_words(browser: Browser) -> None:
    admin = browser()
    page = admin.get("/staff").content.decode()
    assert 'value="deactivate"' not in page and "本人" in page
    own = {"act": "deactivate", "officer": str(admin.officer.id)}  # type: ignore[attr-defined]
    answer = admin.post("/staff", own)
    assert answer.status_code == 422
    assert "不能停用、启用、解锁或重置自己的账号" in answer.content.decode()
    assert admin.get("/staff").status_code == 200


@pytest.mark.parametrize("act", ["reset", "unlock", "deactivate", "reactivate", "promote"])
def test_an_officer_of_another_place_is_not_found(world: World, browser: Browser, act: str) -> None:
    other = world.officer("other", unit="350200")
    admin = browser(unit="350100")
    assert admin.post("/staff", {"act": act, "officer": str(other.id)}).status_code == 404
    assert admin.post("/staff", {"act": act, "officer": "x"}).status_code == 404
    assert not Entry.objects.filter(subject_id=other.id).exclude(event="officer.created").exists()


def test_only_administrators_pass(browser: Browser) -> None:
    operator = browser(roles=["operator"])
    assert operator.get("/staff").status_code == 403
    assert operator.post("/staff", FORM | {"roles": ["administrator"]}).status_code == 403


def test_the_filter_of_a_unit_takes_in_what_lies_below(world: World, browser: Browser) -> None:
    world.officer("in-station", unit="350104001")
    world.officer("elsewhere", unit="350200")
    page = browser().get("/staff?unit=350100").content.decode()
    assert "in-station" in page and "elsewhere" not in page


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("zh-hans", ["与上面输入的不一致", "原密码不对", "至少 12 个字符", "新密码不能与原密码相同"]),
        ("en", ["not what you typed", "present password is wrong", "at least 12", "must differ"]),
    ],
)
def test_the_own_password_is_refused_in_words(
    world: World, browser: Browser, language: str, sentences: list[str]
) -> None:
    client = browser(language=language, password="quiet-harbour-27")
    tries = [
        ("quiet-harbour-27", NEW, "another"),
        ("wrong", NEW, NEW),
        ("quiet-harbour-27", "short", "short"),
        ("quiet-harbour-27", "quiet-harbour-27", "quiet-harbour-27"),
    ]
    for (old, new, again), sentence in zip(tries, sentences, strict=True):
        answer = client.post("/password", {"old": old, "new": new, "again": again})
        text = answer.content.decode()
        error = re.search(r'class="field-error".*?</svg>([^<]*)<', text)
        assert answer.status_code == 422
        assert error and sentence in error[1], text
        assert NEW not in text and "quiet-harbour" not in text
    done = client.post("/password", {"old": "quiet-harbour-27", "new": NEW, "again": NEW}, follow=True)
    assert done.redirect_chain == [("/password?changed", 302)]
    assert 'role="status"' in done.content.decode()
    assert 'href="/password"' in client.get("/staff").content.decode()
