"""One way to write plain values as bytes: equal values give equal bytes, and only such bytes are read."""

from __future__ import annotations

import struct
from typing import Any

from quantrl.errors import DataError

DEPTH = 64
_COUNT = struct.Struct("<I")
_FLOAT = struct.Struct("<d")
_CONSTANTS = {b"N": None, b"F": False, b"T": True}


def dump(value: Any) -> bytes:
    """The bytes of a value.

    Parameters
    ----------
    value : None, bool, int, float, str, bytes, tuple, list or dict
        Integers of any size; floats as their 8 bytes, NaN included; keys of a dict are all str or all int.

    Raises
    ------
    DataError
        A value of another type, or nested deeper than 64: says where.
    """
    out: list[bytes] = []
    _put(value, out, "value", 0)
    return b"".join(out)


def load(data: bytes) -> Any:
    """The value of what `dump` wrote.

    Raises
    ------
    DataError
        Bytes that `dump` does not write, with their place.
    """
    value, at = _get(data, 0, 0)
    if at != len(data):
        raise DataError(f"byte {at}: {len(data) - at} bytes too many")
    return value


def _put(value: Any, out: list[bytes], where: str, depth: int) -> None:
    kind = type(value)
    if depth > DEPTH:
        raise DataError(f"{where}: nested deeper than {DEPTH}")
    if value is None or kind is bool:
        out.append(b"N" if value is None else b"T" if value else b"F")
    elif kind is int:
        _put_sized(b"I", _int_bytes(value), out)
    elif kind is float:
        out.append(b"D" + _FLOAT.pack(value))
    elif kind is str:
        _put_sized(b"S", _utf8(value, where), out)
    elif kind is bytes:
        _put_sized(b"B", value, out)
    elif kind is list or isinstance(value, tuple):
        out.append((b"L" if kind is list else b"U") + _COUNT.pack(len(value)))
        for place, item in enumerate(value):
            _put(item, out, f"{where}[{place}]", depth + 1)
    elif kind is dict:
        if {type(key) for key in value} not in (set(), {str}, {int}):
            raise DataError(f"{where}: expected keys that are all str or all int")
        out.append(b"M" + _COUNT.pack(len(value)))
        for key in sorted(value):
            _put(key, out, where, depth + 1)
            _put(value[key], out, f"{where}[{key!r}]", depth + 1)
    else:
        raise DataError(f"{where}: expected a plain value, got {kind.__name__}")


def _put_sized(tag: bytes, data: bytes, out: list[bytes]) -> None:
    out.append(tag + _COUNT.pack(len(data)))
    out.append(data)


def _int_bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)


def _utf8(value: str, where: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{where}: {error}") from None


def _get(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    tag = data[at : at + 1]
    if depth > DEPTH:
        raise DataError(f"byte {at}: nested deeper than {DEPTH}")
    if tag in _CONSTANTS and tag:
        return _CONSTANTS[tag], at + 1
    if tag == b"D":
        _room(data, at + 1, 8)
        return _FLOAT.unpack_from(data, at + 1)[0], at + 9
    if tag not in (b"I", b"S", b"B", b"L", b"U", b"M") or not tag:
        raise DataError(f"byte {at}: expected the start of a value, got {tag!r}")
    _room(data, at + 1, 4)
    (count,) = _COUNT.unpack_from(data, at + 1)
    at += 5
    if tag in (b"I", b"S", b"B"):
        _room(data, at, count)
        return _sized(tag, data[at : at + count], at), at + count
    return _mapping(data, at, count, depth) if tag == b"M" else _sequence(data, at, count, depth, tag == b"L")


def _sized(tag: bytes, body: bytes, at: int) -> Any:
    if tag == b"B":
        return body
    if tag == b"S":
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise DataError(f"byte {at}: {error}") from None
    value = int.from_bytes(body, "little", signed=True)
    if _int_bytes(value) != body:
        raise DataError(f"byte {at}: an integer in {len(body)} bytes, it needs {len(_int_bytes(value))}")
    return value


def _sequence(data: bytes, at: int, count: int, depth: int, as_list: bool) -> tuple[Any, int]:
    items = []
    for _ in range(count):
        item, at = _get(data, at, depth + 1)
        items.append(item)
    return items if as_list else tuple(items), at


def _mapping(data: bytes, at: int, count: int, depth: int) -> tuple[dict[Any, Any], int]:
    found: dict[Any, Any] = {}
    last: Any = None
    for _ in range(count):
        start = at
        key, at = _get(data, at, depth + 1)
        if type(key) not in (str, int) or (last is not None and (type(key) is not type(last) or key <= last)):
            raise DataError(f"byte {start}: expected a key after {last!r}, got {key!r:.80}")
        found[key], at = _get(data, at, depth + 1)
        last = key
    return found, at


def _room(data: bytes, at: int, size: int) -> None:
    if at + size > len(data):
        raise DataError(f"byte {at}: {size} bytes expected, {len(data) - at} left")
