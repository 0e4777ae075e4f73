"""The door of the desk on the running site: who gets in, and that nobody else does anything."""

from __future__ import annotations

import re

import httpx
import pytest
from sanic import Sanic

from bot.cases.desk.accounts import change_agent
from bot.cases.desk.sign_in import sign_in
from bot.cases.model import Role
from bot.http import desk
from bot.http.headers import SecurityHeaders
from tests.e2e.desk_steps import PASSWORD, a_person, at_work, new_address, words
from tests.e2e.running import Site

pytestmark = pytest.mark.e2e
CASE = "/desk/cases/RD-23456A"
SET_UP = "/desk/account/second-factor"
PAGES = ["/desk", "/desk/held-back", "/desk/insight/", "/desk/agents/", "/desk/account/", SET_UP, CASE]
STREAMS = ["/desk/events", f"{CASE}/events"]
FORMS = [
    "/desk/sign-out",
    "/desk/held-back/put-in",
    "/desk/held-back/drop",
    "/desk/insight/export",
    "/desk/agents/add",
    "/desk/agents/change",
    "/desk/account/password",
    "/desk/account/recovery-codes",
    SET_UP,
    f"{SET_UP}/off",
    *(
        f"{CASE}/{what}"
        for what in ("take", "say", "typing", "decide", "second", "return", "label", "terminate", "hand-back", "close")
    ),
]
LINK = "/desk/link/<link:str>"
OPEN = {
    "/desk/sign-in",
    "/desk/sign-in/code",
    LINK,
    "/desk/static/desk.css",
    "/desk/static/desk.js",
    "/agents/<agent_id:int>/picture",
}


def test_these_are_all_routes_of_the_desk(site: Site) -> None:
    app = Sanic("routes_of_the_desk", configure_logging=False)
    desk.install(app, site.services, SecurityHeaders((), ()))
    app.router.finalize()
    paths = {(method, f"/{route.path}") for route in app.router.routes for method in route.methods}
    known = {("GET", path) for path in [*PAGES, *STREAMS]} | {("POST", path) for path in FORMS}
    known |= {("GET", path) for path in OPEN} | {
        ("POST", path) for path in ("/desk/sign-in", "/desk/sign-in/code", LINK)
    }

    def plain(path: str) -> str:
        return re.sub(r"<reference:[^>]*>", "RD-23456A", path).rstrip("/")

    assert {(method, plain(path)) for method, path in paths} == {(method, plain(path)) for method, path in known}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_strangers_to_sign_in_and_then_comes_back_to_it(site: Site, path: str) -> None:
    answer = httpx.get(site.url + path)
    assert answer.status_code == 303 and answer.text == ""
    wanted = "" if path == "/desk" else f"?next={path}"
    assert answer.headers["location"] == f"/desk/sign-in{wanted}"

    person = a_person(site, Role.ADMIN)
    assert person.signs_in(to=path).headers["location"] == path


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_a_stranger_does_nothing(site: Site, path: str) -> None:
    for cookies in ({}, {"refund_desk_agent": "A" * 43}):
        answer = httpx.post(site.url + path, data={"csrf": "0" * 64, "sure": "yes"}, cookies=cookies)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_is_not_for_strangers(site: Site, path: str) -> None:
    answer = httpx.get(site.url + path, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()) == (401, {"error": "sign in"})


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_sessions_mark_does_nothing(site: Site, path: str) -> None:
    person, other = at_work(site, Role.ADMIN), at_work(site, Role.ADMIN)
    for csrf in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": other.csrf()}):
        answer = person.browser.post(path, data={"sure": "yes", **csrf})
        assert answer.status_code == 403 and "Load the page again" in words(answer.text)
    assert person.sees("/desk")  # not signed out


def test_a_form_from_another_page_is_refused(site: Site) -> None:
    person = at_work(site)
    answer = person.browser.post(
        "/desk/sign-out", data={"csrf": person.csrf()}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert person.sees("/desk")


def test_the_cookie_is_for_the_desk_and_for_no_script(site: Site) -> None:
    person = a_person(site)
    cookie = person.signs_in().headers["set-cookie"]
    assert re.fullmatch(r"refund_desk_agent=\d+-[\w-]{43}; Path=/desk; HttpOnly; SameSite=Strict", cookie)
    secure = person.browser.post(
        "/desk/sign-in",
        data={"login": person.agent.login, "password": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
    )
    cookie = secure.headers["set-cookie"]
    assert re.fullmatch(r"__Host-refund_desk_agent=\d+-[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure", cookie)
    value, secured = cookie.partition(";")[0].partition("=")[2], {"X-Forwarded-Proto": "https"}
    for name, status in (("refund_desk_agent", 303), ("__Host-refund_desk_agent", 200)):
        asked = httpx.get(f"{site.url}/desk", headers={**secured, "Cookie": f"{name}={value}"})
        assert asked.status_code == status, "a sibling domain can plant the plain name"


def test_a_wrong_password_and_an_unknown_login_read_the_same(site: Site) -> None:
    person = a_person(site)
    wrong = person.signs_in("not the password")
    unknown = person.browser.post("/desk/sign-in", data={"login": "nobody-here", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 401
    assert "set-cookie" not in wrong.headers
    assert words(wrong.text).replace(person.agent.login, "") == words(unknown.text).replace("nobody-here", "")
    assert "The login or the password is wrong." in words(wrong.text)


def test_too_many_wrong_passwords_lock_the_login_there_and_its_owner_hears_of_them(site: Site) -> None:
    person = a_person(site)
    for _ in range(5):
        assert person.signs_in("not the password").status_code == 401
    locked = person.signs_in()
    assert locked.status_code == 401 and "Too many wrong tries for this login from here." in words(locked.text)
    person.browser.headers["X-Forwarded-For"] = new_address()
    told = person.signs_in(to="/desk/insight/")
    assert told.status_code == 200 and 'href="/desk/insight/"' in told.text
    assert "5 wrong tries to sign in as you from 1 address within 90 days" in words(told.text)
    assert person.sees("/desk")
    assert person.signs_in().status_code == 303


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example/desk", "/desk/../x", "/desk\\evil", "/", "javascript:1"]
)
def test_signing_in_leads_to_no_other_site(site: Site, to: str) -> None:
    assert a_person(site).signs_in(to=to).headers["location"] == "/desk"


def test_signing_out_ends_the_session_not_only_the_cookie(site: Site) -> None:
    person = at_work(site)
    token = person.browser.cookies["refund_desk_agent"]
    answer = person.sends("/desk/sign-out")
    assert answer.headers["location"] == "/desk/sign-in" and "Max-Age=0" in answer.headers["set-cookie"]
    again = httpx.get(f"{site.url}/desk", cookies={"refund_desk_agent": token})
    assert again.status_code == 303


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    person = at_work(site)
    assert "Queue" in person.sees("/desk")
    change_agent(site.services, person.agent.login, active=False)
    assert person.browser.get("/desk").status_code == 303
    assert person.signs_in().status_code == 401


def test_whoever_is_signed_in_is_not_asked_again(site: Site) -> None:
    person = at_work(site)
    assert person.browser.get("/desk/sign-in").headers["location"] == "/desk"


def test_every_page_keeps_the_rules_of_the_edge(site: Site) -> None:
    person = at_work(site, Role.ADMIN)
    for path in [*PAGES[:5], "/desk/sign-in"]:
        answer = person.browser.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", answer.text), path


# Accounts


def test_only_an_admin_sees_and_changes_who_works_here(site: Site) -> None:
    victim = a_person(site)
    for role in (Role.AGENT, Role.LEAD):
        person = at_work(site, role)
        assert "Only an admin" in person.sees("/desk/agents/", 403)
        assert "Agents" not in person.sees("/desk")
        for path, fields in (
            ("/desk/agents/add", {"login": f"made-by-{role.value}", "name": "X", "role": "admin"}),
            ("/desk/agents/change", {"login": victim.agent.login, "what": "disable"}),
            ("/desk/agents/change", {"login": person.agent.login, "what": "role", "role": "admin"}),
        ):
            assert person.sends(path, **fields).status_code == 403
    assert victim.signs_in().status_code == 303


def test_an_admin_adds_somebody_by_a_link_that_is_shown_once(site: Site) -> None:
    admin = at_work(site, Role.ADMIN)
    answer = admin.sends("/desk/agents/add", login="new.person", name="<b>New</b> & Person", role="lead")
    found = re.search(rf'<code class="secret">{site.url}(/desk/link/\d+-[\w-]{{43}})</code>', answer.text)
    assert answer.status_code == 200 and found is not None
    assert "<b>New</b>" not in answer.text and "&lt;b&gt;New&lt;/b&gt; &amp; Person" in answer.text
    page = httpx.get(site.url + found.group(1))
    assert page.status_code == 200 and "new.person" in words(page.text)
    password = {"new": "a password of my own", "again": "a password of my own"}
    assert "Your password is set" in words(httpx.post(site.url + found.group(1), data=password).text)
    assert sign_in(site.services, "new.person", password["new"], new_address())
    assert found.group(1) not in admin.browser.get("/desk/agents/").text

    assert "is taken" in words(admin.sends("/desk/agents/add", login="new.person", name="Other", role="agent").text)
    assert "choose a role" in words(admin.sends("/desk/agents/add", login="other", name="Other", role="king").text)


def test_an_admin_disables_somebody_but_never_themselves(site: Site) -> None:
    admin, person = at_work(site, Role.ADMIN), at_work(site)
    admin.sends("/desk/agents/change", login=person.agent.login, what="disable")
    assert person.browser.get("/desk").status_code == 303
    answer = admin.sends("/desk/agents/change", login=admin.agent.login, what="disable")
    assert answer.status_code == 409 and admin.sees("/desk")
    admin.sends("/desk/agents/change", login=person.agent.login, what="enable")
    assert person.signs_in().status_code == 303


# Pictures


def test_anybody_sees_an_agents_initials_and_may_keep_them(site: Site) -> None:
    person = a_person(site, name="Dana & <Lee> Fox")
    answer = httpx.get(f"{site.url}/agents/{person.agent.id}/picture")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert ">DF</text>" in answer.text
    assert httpx.get(f"{site.url}/agents/999999/picture").status_code == 404


def test_anybody_sees_an_uploaded_picture(site: Site) -> None:
    person = a_person(site)
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
    change_agent(site.services, person.agent.login, picture=(picture, "image/png"))
    answer = httpx.get(f"{site.url}/agents/{person.agent.id}/picture")
    assert (answer.content, answer.headers["content-type"]) == (picture, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
