"""The ports of the cases are small, and say which columns they write."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

from bot.cases import ports

MOST = 20


def of_module(name: str) -> list[type]:
    module = importlib.import_module(name)
    return [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == name and getattr(thing, "_is_protocol", False)
    ]


PORTS = [port for module in pkgutil.iter_modules(ports.__path__, "bot.cases.ports.") for port in of_module(module.name)]


def methods(port: type) -> list[str]:
    return [name for name, member in vars(port).items() if inspect.isfunction(member) and name[:1] != "_"]


def test_the_ports_are_those_of_every_module() -> None:
    names = {port.__name__ for port in PORTS}
    assert {"UnitOfWork", "Orders", "Messages", "BillingGateway", "HelpDesk"} <= names


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_a_port_has_20_methods_at_most(port: type) -> None:
    assert len(methods(port)) <= MOST, f"{port.__name__} does {len(methods(port))} things: too many"


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_what_a_port_writes_is_typed(port: type) -> None:
    for name in methods(port):
        for parameter in inspect.signature(getattr(port, name)).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                assert str(parameter.annotation).startswith("Unpack["), f"{port.__name__}.{name}"
