"""Steps by name: each family is a folder, each member a file with one final class."""

from __future__ import annotations

import inspect
import math
from typing import Any

from quantrl.errors import ConfigError
from quantrl.registry import load
from quantrl.runs import spelled
from quantrl.typing import JsonObject

_INFINITE = spelled(math.inf)
FAMILIES = ("score", "rank", "gate", "select", "allocate", "baselines")


def member(family: str, name: str) -> type[Any]:
    """The class of a member.

    Raises
    ------
    ConfigError
        No such member; the message lists the choices.
    """
    module = load(f"quantrl.selection.{family}", name)
    classes = [
        found
        for public, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == module.__name__ and not public.startswith("_")
    ]
    if len(classes) != 1:
        raise ConfigError(f"{family} {name}: expected one public class in the file, found {len(classes)}")
    return classes[0]


def describe(step: Any) -> JsonObject:
    """Name and parameters of a step, infinite ones as text."""
    return {"name": type(step).__module__.rpartition(".")[2], **spelled(step.settings())}


def build(family: str, settings: JsonObject) -> Any:
    """A fresh step from what `describe` said.

    Raises
    ------
    ConfigError
        No such member, or it has no such parameter.
    """
    params = {
        key: math.inf if value == _INFINITE else value for key, value in settings.items() if key != "name"
    }
    cls = member(family, str(settings.get("name")))
    try:
        return cls(**params)
    except TypeError as error:
        raise ConfigError(f"{family} {settings.get('name')}: {error}") from None
