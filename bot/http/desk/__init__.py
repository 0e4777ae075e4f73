"""The human desk under ``/desk``: pages that a server renders, for people who are signed in."""

from __future__ import annotations

from sanic import Sanic

from bot.cases.services import Services
from bot.http.desk import (
    accounts,
    actions,
    case,
    insight,
    live,
    own_account,
    pictures,
    queue,
    sign_in,
    statics,
)
from bot.http.desk.pages import Desk
from bot.http.headers import SecurityHeaders


def install(app: Sanic, services: Services, security: SecurityHeaders) -> None:
    """Add the routes of the desk."""
    desk = Desk(services, security)
    watch = live.Watch(services)
    watch.install(app)
    for routes in (
        sign_in.routes(desk),
        queue.routes(desk),
        case.routes(desk),
        actions.routes(desk),
        live.routes(desk, watch),
        insight.routes(desk),
        accounts.routes(desk),
        own_account.routes(desk),
        pictures.routes(desk),
        statics.routes(),
    ):
        app.blueprint(routes)
