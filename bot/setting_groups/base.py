"""What a group of settings is: environment variables with one prefix, checked before anything starts.

A field says its meaning with ``description``. It may say more to the page of the settings: ``shown`` is a default in
words, ``page`` the page under docs/ that tells how to use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseSettings, SecretStr, validator
from pydantic.fields import ModelField

from bot.policy.values import Value
from bot.wording import CodedError, say

PROJECT = Path(__file__).resolve().parents[2]
PREFIX = "REFUND_DESK_"
_SHORTEST_SECRET = 16


class SettingsError(CodedError):
    """A setting is missing or broken: one line that names the ``variable`` and says what to do. ``others`` are such
    errors about other settings."""

    group = "setting_error"

    def __init__(self, code: str, *, variable: str, others: Sequence[SettingsError] = (), **values: Value) -> None:
        super().__init__(code, variable=variable, **values)
        self.variable = variable
        self.others = tuple(others)


class Secret(SecretStr):
    """A setting that is never shown: empty, or at least 16 characters. It may come from a file that
    ``REFUND_DESK_…_FILE`` names."""

    @classmethod
    def validate(cls, value: Any) -> SecretStr:
        """The value as a secret. Raises ValueError, which does not show it."""
        secret = super().validate(value)
        if 0 < len(secret) < _SHORTEST_SECRET:
            raise ValueError(say("setting_short_secret", least=_SHORTEST_SECRET))
        return secret


class Group(BaseSettings):
    """Settings that belong together. A setting's name is that of its variable, in lower case and without
    ``REFUND_DESK_``; a field's name may be shorter by the rest of the group's prefix."""

    part: ClassVar[str] = ""
    """Under which heading the page of the settings has them (scripts/docs_hooks.py)."""
    stands_for: ClassVar[str] = "real_system"
    """Of which real system the settings are, its name or a code of the message ``stands_for``: beside none of them is
    there a demo. A field may name another one."""
    harmless: ClassVar[frozenset[str]] = frozenset()
    """The fields that a demo may have: what they name holds no customer, and moves no money."""
    switch: ClassVar[str] = ""
    """The field that switches on what the group sets; empty where it is always on."""

    class Config:
        """Where the values come from."""

        env_prefix = PREFIX

    @property
    def is_on(self) -> bool:
        """Whether what the group sets is switched on."""
        return not self.switch or bool(getattr(self, self.switch))

    @classmethod
    def fields(cls) -> dict[str, ModelField]:
        """The fields, by the names of the settings."""
        return {setting_name(field): field for field in cls.__fields__.values()}

    def problems(self, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """What is wrong beside the settings of other groups: the name of a setting, and why. ``known`` has all that
        can be used, by the names of the settings; what is broken itself is not in it, and counts as given."""
        return iter(())


def setting_name(field: ModelField) -> str:
    """The name of a setting."""
    (variable,) = field.field_info.extra["env_names"]
    return str(variable)[len(PREFIX) :]


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def either(name: str) -> str:
    """How to give a secret: its variable, or that of its file."""
    return f"{variable_of(name)} (or …_FILE)"


def all_of(names: Iterable[str]) -> str:
    """Several that are needed, as people name them together."""
    return reduce(lambda one, other: say("setting_both", one=one, other=other), names)


@contextmanager
def blamed_on(name: str) -> Iterator[None]:
    """Within it, a value that can't be used after all is the fault of that setting. Raises SettingsError for a
    ValueError."""
    try:
        yield
    except ValueError as error:
        raise SettingsError("wrong", variable=variable_of(name), problem=str(error)) from None


def all_or_none(*names: str) -> Any:
    """A validator for the body of a group: the fields that switch something on, all of them are set, or none. The last
    one is asked about the others."""

    def whole(cls: type[Group], value: Any, values: dict[str, Any]) -> Any:
        others = [(name, setting_name(cls.__fields__[name])) for name in names[:-1]]
        given = [setting for name, setting in others if values.get(name)]
        if value:
            missing = [either(setting) for name, setting in others if not values.get(name, True)]
            if missing:
                raise ValueError(say("setting_needs", what=all_of(missing)))
        elif given:
            raise ValueError(say("setting_missing", variable=variable_of(given[0])))
        return value

    return validator(names[-1], always=True, allow_reuse=True)(whole)


G = TypeVar("G", bound=Group)


class GroupedSettings:
    """All settings, group by group: ``settings[StoreSettings].home``."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.groups: dict[type[Group], Group] = {type(group): group for group in groups}

    def __getitem__(self, group: type[G]) -> G:
        found = self.groups[group]
        assert isinstance(found, group)
        return found

    def __repr__(self) -> str:
        return f"Settings({', '.join(map(repr, self.groups.values()))})"
