"""One's own account on the running site: a password by a link, another one, and the second factor, also where it has to
be set up before anything else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import httpx
import pytest

from bot.cases.desk.accounts import make_link
from bot.cases.model import Role
from tests.desk_builders import app_code
from tests.e2e.desk_steps import PASSWORD, Person, a_person, at_work, new_address, ticket_of, words
from tests.e2e.running import Site
from tests.e2e.test_desk_sign_in import FORMS, PAGES, SET_UP, STREAMS

pytestmark = pytest.mark.e2e
OTHER = "another good password"
_CODE = re.compile(r"<li><code>([A-Z2-9-]{14})</code></li>")


def sets_up(person: Person) -> tuple[str, list[str]]:
    """Read the key on the page and type the code: the key, and the recovery codes."""
    page = person.browser.get(SET_UP)
    found = re.search(r'<code class="secret">([A-Z2-7]{32})</code>', page.text)
    assert found is not None and "<svg" in page.text and "style=" not in page.text
    code = app_code(person.site.services, found.group(1))
    answer = person.sends(SET_UP, code=code, password=PASSWORD)
    assert answer.status_code == 200, words(answer.text)
    return found.group(1), _CODE.findall(answer.text)


def is_in(answer: httpx.Response) -> bool:
    """Whether a sign-in has opened the desk, perhaps with a word about wrong tries."""
    return "set-cookie" in answer.headers


def test_a_password_is_set_by_a_link_once(site: Site) -> None:
    person = at_work(site)
    path = f"/desk/link/{make_link(site.services, person.agent.login)[1]}"
    stranger = httpx.Client(base_url=site.url, timeout=60)
    for _ in range(2):  # looking at it uses nothing up
        page = stranger.get(path)
        assert page.status_code == 200 and person.agent.login in page.text
        assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "same-origin"
    unlike = stranger.post(path, data={"new": OTHER, "again": PASSWORD})
    assert unlike.status_code == 409 and "not the same" in words(unlike.text)
    weak = stranger.post(path, data={"new": "short", "again": "short"})
    assert weak.status_code == 409 and "12 to 200" in words(weak.text)
    elsewhere = stranger.post(path, data={"new": OTHER, "again": OTHER}, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert person.sees("/desk")
    done = stranger.post(path, data={"new": OTHER, "again": OTHER})
    assert done.status_code == 200 and "set-cookie" not in done.headers
    assert person.browser.get("/desk").status_code == 303, "signed out"
    for answer in (stranger.get(path), stranger.post(path, data={"new": PASSWORD, "again": PASSWORD})):
        assert answer.status_code == 410 and "not good any more" in words(answer.text)
    assert stranger.get("/desk/link/1-x").status_code == 410
    assert person.signs_in().status_code == 401 and is_in(person.signs_in(OTHER))


def test_the_password_is_changed_at_the_desk(site: Site) -> None:
    person = at_work(site)
    there = Person(site, person.agent, httpx.Client(base_url=site.url, headers={"X-Forwarded-For": new_address()}))
    assert there.signs_in().status_code == 303
    for fields, said in (
        ({"password": "not my password", "new": OTHER, "again": OTHER}, "Your password is wrong."),
        ({"password": PASSWORD, "new": OTHER, "again": "something else"}, "not the same"),
        ({"password": PASSWORD, "new": "short", "again": "short"}, "12 to 200"),
    ):
        answer = person.sends("/desk/account/password", **fields)
        assert answer.status_code == 409 and said in words(answer.text)
    done = person.sends("/desk/account/password", password=PASSWORD, new=OTHER, again=OTHER)
    assert done.status_code == 303 and "Your password is changed" in person.sees(done.headers["location"])
    assert there.browser.get("/desk").status_code == 303, "signed out everywhere else"
    assert there.signs_in().status_code == 401 and is_in(there.signs_in(OTHER))


def test_a_code_is_asked_for_and_only_then_is_somebody_in(site: Site) -> None:
    person = at_work(site)
    secret, codes = sets_up(person)
    assert len(codes) == 10 and "10 of your recovery codes are left" in person.sees("/desk/account/")
    assert person.browser.get(SET_UP).headers["location"] == "/desk/account/"
    person.sends("/desk/sign-out")

    half = person.signs_in()
    assert half.status_code == 200 and "set-cookie" not in half.headers
    wrong = person.types_code(half, "000000")
    assert wrong.status_code == 401 and "wrong" in words(wrong.text) and "set-cookie" not in wrong.headers
    entered = person.types_code(wrong, app_code(site.services, secret, 1))
    assert entered.status_code == 200 and "1 wrong try" in words(entered.text)  # told at once
    assert person.sees("/desk")
    assert person.types_code(half, app_code(site.services, secret, 1)).status_code == 401, "used"

    refused = person.sends(f"{SET_UP}/off", password=PASSWORD, code="000000")
    assert refused.status_code == 409 and "This code is wrong" in words(refused.text)
    renewed = person.sends("/desk/account/recovery-codes", password=PASSWORD, code=codes[0])
    new = _CODE.findall(renewed.text)
    assert renewed.status_code == 200 and len(new) == 10 and not set(new) & set(codes)
    off = person.sends(f"{SET_UP}/off", password=PASSWORD, code=new[0])
    assert "Your second factor is turned off" in person.sees(off.headers["location"])
    assert is_in(person.signs_in())


@pytest.mark.parametrize("path", [*PAGES, *STREAMS, *FORMS])
def test_half_a_sign_in_opens_no_door(
    site: Site, half: str, path: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "second factor")
    asks = httpx.post if path in FORMS else httpx.get
    for cookie in (half, half.replace(".", "-"), f"{half.partition('.')[0]}-{half[-43:]}"):
        answer = asks(site.url + path, headers={"Cookie": f"refund_desk_agent={cookie}"})
        assert answer.status_code == 303 and answer.headers["location"].startswith("/desk/sign-in"), cookie


@pytest.fixture(scope="module")
def half(site: Site) -> str:
    """The ticket of somebody with a second factor, who has typed the password."""
    person = at_work(site)
    sets_up(person)
    person.sends("/desk/sign-out")
    return ticket_of(person.signs_in())


@pytest.fixture(scope="module")
def newcomer(strict_site: Site) -> Person:
    """A lead without a second factor, where leads must have one."""
    return at_work(strict_site, Role.LEAD)


@pytest.mark.parametrize("path", [path for path in [*PAGES, *FORMS] if path not in (SET_UP, "/desk/sign-out")])
def test_who_has_to_set_up_a_second_factor_can_do_nothing_else(
    newcomer: Person, path: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "second factor")
    if path in FORMS:
        answer = newcomer.sends(path, sure="yes", password=PASSWORD, new=OTHER, again=OTHER, what="link", login="x")
    else:
        answer = newcomer.browser.get(path)
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, SET_UP, "")


@pytest.mark.parametrize("path", STREAMS)
def test_nor_does_a_stream_tell_them_anything(newcomer: Person, path: str) -> None:
    answer = newcomer.browser.get(path, headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401


def test_a_second_factor_that_is_required_opens_the_rest(strict_site: Site) -> None:
    person = at_work(strict_site, Role.LEAD)
    assert "Your role has to have one" in person.sees(SET_UP)
    wrong = person.sends(SET_UP, code="000000", password=PASSWORD)
    assert wrong.status_code == 409 and "not the code" in words(wrong.text)
    _, codes = sets_up(person)
    assert "Queue" in person.sees("/desk")
    person.sends(f"{SET_UP}/off", password=PASSWORD, code=codes[0])
    assert person.browser.get("/desk").headers["location"] == SET_UP, "off is as never set up"
    assert at_work(strict_site, Role.AGENT).sees("/desk"), "agents need none here"


def test_who_gets_a_role_that_must_have_one_sets_it_up_at_once(strict_site: Site) -> None:
    admin, person = at_work(strict_site, Role.ADMIN), at_work(strict_site)
    sets_up(admin)
    assert person.sees("/desk")
    admin.sends("/desk/agents/change", login=person.agent.login, what="role", role="lead")
    assert person.browser.get("/desk").headers["location"] == SET_UP


def test_an_admin_resets_a_second_factor_and_makes_a_link_but_not_for_themselves(site: Site) -> None:
    admin, person = at_work(site, Role.ADMIN), at_work(site)
    sets_up(person)
    assert "second factor" in admin.sees("/desk/agents/")
    admin.sends("/desk/agents/change", login=person.agent.login, what="second-factor")
    assert person.browser.get("/desk").status_code == 303 and is_in(person.signs_in())
    made = admin.sends("/desk/agents/change", login=person.agent.login, what="link")
    assert re.search(rf"{site.url}/desk/link/{person.agent.id}-[\w-]{{43}}<", made.text)
    for what in ("link", "second-factor", "role", "disable"):
        own = admin.sends("/desk/agents/change", login=admin.agent.login, what=what, role="agent")
        assert own.status_code == 409 and "their own account" in words(own.text)


def test_what_a_person_is_called_is_shown_as_text(site: Site) -> None:
    person = a_person(site, name="<b>Dana</b>")
    page = httpx.get(f"{site.url}/desk/link/{make_link(site.services, person.agent.login)[1]}")
    assert "<b>Dana</b>" not in page.text and html.escape("<b>Dana</b>") in page.text
