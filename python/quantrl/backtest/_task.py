"""What one task is: a named function called with plain values, and the error it may end with."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import json
import re
import traceback
from collections.abc import Callable
from typing import Any

from quantrl import errors
from quantrl.errors import ConfigError, DataError, TaskError
from quantrl.runs import canonical_json

Report = Callable[[dict[str, Any]], None]
Target = Callable[[Any, Any, Report], Any]

_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def check_target(target: str) -> None:
    """Refuse what no other process could find by its name."""
    if not isinstance(target, str) or not _NAME.fullmatch(target):
        raise ConfigError(f"target: expected 'module:function', got {target!r}")
    module = target.partition(":")[0]
    try:
        found = importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise ConfigError(f"target: no module {module!r} can be imported")


def load_target(target: str) -> Target:
    """The function a target names."""
    module, _, name = target.partition(":")
    function: Target | None = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise ConfigError(f"target: expected a function {name!r} in {module!r}, found none")
    return function


def as_plain(value: Any, name: str) -> Any:
    """The value as JSON gives it back: tuples become lists, keys become str."""
    try:
        return json.loads(canonical_json(value))
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected plain JSON values (None for undefined): {error}") from None


def checked_event(event: dict[str, Any], index: int) -> dict[str, Any]:
    """An event as it crosses to the parent."""
    if not isinstance(event, dict):
        raise DataError(f"task {index}: report expects a dict, got {type(event).__name__}")
    plain: dict[str, Any] = as_plain(event, f"task {index}: event")
    return plain


def describe(error: BaseException) -> dict[str, Any]:
    """An error as plain values."""
    try:
        arguments = as_plain(list(error.args), "args")
    except DataError:
        arguments = [str(error)]
    return {
        "class": type(error).__name__,
        "module": type(error).__module__,
        "args": arguments,
        "text": str(error),
        "trace": "".join(traceback.format_exception(error)),
    }


def revive(told: dict[str, Any], index: int) -> Exception:
    """The error again, of its own class where that is ours or built in; else a `TaskError` that names the class."""
    home = {errors.__name__: errors, builtins.__name__: builtins}.get(told["module"])
    kind = getattr(home, told["class"], None)
    error: Exception | None = None
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            error = kind(*told["args"])
        except TypeError:  # a class whose arguments are not plain, such as UnicodeDecodeError
            error = None
    if error is None:
        error = TaskError(f"task {index}: {told['class']}: {told['text']}")
    error.add_note(f"task {index}, in its process:\n{told['trace']}")
    return error
