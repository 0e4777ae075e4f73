"""Settings: the environment variables with the prefix ``REFUND_DESK_``, read once into their groups and checked before
anything starts."""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import ModelField

from bot.connectors.choices import BillingChoice, HelpdeskChoice
from bot.connectors.registry import CONNECTORS
from bot.connectors.shared.settings import DeliverySettings
from bot.policy import Policy, PolicyFileError
from bot.setting_groups.base import PREFIX, PROJECT, Group, GroupedSettings, SettingsError, variable_of
from bot.setting_groups.desk import DeskSettings
from bot.setting_groups.identity import IdentitySettings, TokenSettings
from bot.setting_groups.limits import LimitSettings
from bot.setting_groups.orders import OrderSettings
from bot.setting_groups.policy import PolicySettings
from bot.setting_groups.returns import ReturnSettings
from bot.setting_groups.server import ServerSettings
from bot.store.settings import StoreSettings

__all__ = ["GROUPS", "PREFIX", "PROJECT", "Settings", "SettingsError", "demo_refusal", "load_policy", "load_settings"]

GROUPS: tuple[type[Group], ...] = (
    StoreSettings,
    PolicySettings,
    OrderSettings,
    ReturnSettings,
    DeskSettings,
    ServerSettings,
    LimitSettings,
    IdentitySettings,
    TokenSettings,
    *dict.fromkeys(row.settings for row in CONNECTORS),
    BillingChoice,
    DeliverySettings,
    HelpdeskChoice,
)
"""Every group, in the order in which their settings are told."""


class Settings(GroupedSettings):
    """Every setting. ``values``, by the names of the settings, go before the environment; ``from_files`` are the names
    of those that came from files. Raises SettingsError."""

    def __init__(self, *, from_files: Collection[str] = (), **values: Any) -> None:
        if unknown := values.keys() - fields().keys():
            raise TypeError(f"{', '.join(sorted(unknown))}: no setting")
        groups: list[Group] = []
        problems: dict[str, str] = {}
        for group in GROUPS:
            names = group.fields()
            try:
                groups.append(group(**{field.name: values[name] for name, field in names.items() if name in values}))
            except ValidationError as error:
                told = {str(problem["loc"][0]): problem["msg"] for problem in reversed(error.errors())}
                problems.update({name: told[field.name] for name, field in names.items() if field.name in told})
        super().__init__(groups)
        known = _values(groups)
        problems.update((name, problem) for group in groups for name, problem in group.problems(known))
        if problems:
            raise _refusal(problems, from_files)


def fields() -> dict[str, ModelField]:
    """Every field, by the name of its setting."""
    return {name: field for group in GROUPS for name, field in group.fields().items()}


def load_settings() -> Settings:
    """The settings of the environment. Raises SettingsError, also for a variable that nothing reads."""
    files = {name: f"{variable_of(name)}_FILE" for name, field in fields().items() if is_secret(field)}
    known = {*map(variable_of, fields()), *files.values()}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError("unknown", variable=unknown[0])
    from_files = {name: _secret_of(name, variable) for name, variable in files.items() if os.environ.get(variable)}
    return Settings(from_files=from_files.keys(), **from_files)


def is_secret(field: ModelField) -> bool:
    """Whether a setting is never shown, and may come from a file."""
    return isinstance(field.type_, type) and issubclass(field.type_, SecretStr)


def _values(groups: Collection[Group]) -> dict[str, Any]:
    return {name: getattr(group, field.name) for group in groups for name, field in group.fields().items()}


def _refusal(problems: Mapping[str, str], from_files: Collection[str]) -> SettingsError:
    (variable, problem), *rest = [
        (f"{variable_of(name)}{'_FILE' if name in from_files else ''}", problems[name])
        for name in fields()
        if name in problems
    ]
    others = [SettingsError("wrong", variable=name, problem=wrong) for name, wrong in rest]
    return SettingsError("wrong", others=others, variable=variable, problem=problem)


def _secret_of(name: str, variable: str) -> Any:
    """What the file of a secret holds. Its path stays untold: somebody may have set the secret itself there."""
    if os.environ.get(PREFIX + name.upper()):
        raise SettingsError("given_twice", variable=variable, other=variable_of(name))
    try:
        value = Path(os.environ[variable]).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError("file_unreadable", variable=variable, reason=str(error.strerror)) from None
    except ValueError:
        raise SettingsError("file_no_text", variable=variable) from None
    if not value:
        raise SettingsError("file_empty", variable=variable)
    return value


def demo_refusal(settings: GroupedSettings) -> SettingsError | None:
    """Why there is no demo with these settings; None if there may be one. Whatever is not known to be harmless counts
    as a real system."""
    for group in settings.groups.values():
        for name, field in group.fields().items():
            if field.name in group.harmless or getattr(group, field.name) == field.default:
                continue
            variable, file = variable_of(name), f"{variable_of(name)}_FILE"
            system = field.field_info.extra.get("stands_for", group.stands_for)
            return SettingsError("beside_demo", variable=file if file in os.environ else variable, system=system)
    return None


def load_policy(settings: GroupedSettings) -> Policy:
    """The policy file of the settings, or the embedded one. Raises SettingsError."""
    file = settings[PolicySettings].policy
    if file is None:
        return _embedded_policy()
    try:
        return Policy.parse(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError("policy_no_text", variable=variable_of("policy"), file=str(file)) from None
    except (OSError, PolicyFileError) as error:
        variable = variable_of("policy")
        raise SettingsError("policy_wrong", variable=variable, file=str(file), problem=str(error)) from None


@lru_cache(maxsize=1)
def _embedded_policy() -> Policy:
    return Policy.parse(importlib.resources.files("bot.policy").joinpath("terms/policy.yml").read_text("utf-8"))
