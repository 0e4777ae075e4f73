"""What all ways into one server share: their messages are counted together, and their turns of one conversation wait
for each other."""

from __future__ import annotations

from functools import cached_property

from sanic import Sanic

from bot.bootstrap import bootstrap
from bot.cases.services import Services
from bot.http.admission import Admission
from bot.http.live import Live
from bot.http.message_limits import MessageLimits
from bot.http.turns import Turns
from bot.setting_groups.desk import DeskSettings
from bot.settings import Settings, load_settings


class Shared:
    """Services, limits, live updates and turns of a server. ``contact`` is how to reach a person when nothing else
    works."""

    def __init__(self, app: Sanic, services: Services, settings: Settings) -> None:
        self._app = app
        self.services = services
        self.settings = settings
        self.contact = settings[DeskSettings].contact
        self.limits = MessageLimits.of(settings)
        self.live = Live(services)

    @cached_property
    def turns(self) -> Turns:
        """The turns, once the server runs: only then is Rasa's agent there for sure."""
        return Turns(self._app.ctx.agent, self.services, self.contact)

    def admission(self, channel: str) -> Admission:
        """Who lets messages of a channel in."""
        return Admission(channel, self.services, self.settings, self.limits)


def shared_of(app: Sanic) -> Shared:
    """What a server shares. It is made when it is first asked for: before the start, or by the first request where
    Rasa's own command has started the server. Raises SettingsError where it can't be made."""
    if not hasattr(app.ctx, "shared"):
        settings = load_settings()
        app.ctx.shared = Shared(app, bootstrap(settings), settings)
    shared: Shared = app.ctx.shared
    return shared
