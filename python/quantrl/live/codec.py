"""Bytes of one event's fields: declared order, little-endian, nothing optional, every byte accounted for."""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from quantrl.errors import DataError, InvariantError

PAYLOAD_LIMIT = 256 * 1024
INTEGERS = {"i64": (8, True), "u64": (8, False), "i128": (16, True)}
_STRUCT_CODE = {"i64": "q", "u64": "Q"}
_COUNT = struct.Struct("<I")

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes, int], tuple[Any, int]]
_Step = tuple[int, int, struct.Struct | None, Encoder, Decoder]


class Field:
    """One field: its name and a type out of ``i64 u64 i128 bool bytes str`` or ``list(type, ...)``.

    Parameters
    ----------
    name : str
    type : str or tuple of str
        A tuple makes a list of records with these types; ``("i64",)`` makes a list of plain integers.
    """

    def __init__(self, name: str, type: str | tuple[str, ...]) -> None:
        self.name = name
        self.type = type
        if isinstance(type, tuple):
            self.encode, self.decode = _listed(type)
        else:
            self.encode, self.decode = _scalar(type)


class Layout:
    """Fields in order, as one pair of functions.

    Parameters
    ----------
    title : str
        What errors call it: the kind's name and version.
    fields : sequence of Field
    """

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        self.title = title
        self.fields = tuple(fields)
        self._steps = tuple(_steps(self.fields))

    def encode(self, values: Sequence[Any]) -> bytes:
        """The payload of these values.

        Raises
        ------
        DataError
            Another number of fields, a value of another type, or more than 256 KiB: names kind and field.
        InvariantError
            An integer beyond the field's range.
        """
        if len(values) != len(self.fields):
            raise DataError(f"{self.title}: expected {len(self.fields)} fields, got {len(values)}")
        parts = []
        for first, end, run, encode, _ in self._steps:
            try:
                parts.append(run.pack(*values[first:end]) if run else encode(values[first]))
            except (struct.error, OverflowError, TypeError, ValueError):
                parts += [
                    self._one(f, v) for f, v in zip(self.fields[first:end], values[first:end], strict=True)
                ]
        payload = b"".join(parts)
        if len(payload) > PAYLOAD_LIMIT:
            largest = max(self.fields, key=lambda f: len(f.encode(values[self.fields.index(f)])))
            raise DataError(
                f"{self.title}: expected at most {PAYLOAD_LIMIT} bytes, got {len(payload)}, most in {largest.name}"
            )
        return payload

    def decode(self, payload: bytes, start: int = 0) -> tuple[Any, ...]:
        """The values of a payload; only what `encode` can have written is accepted.

        Raises
        ------
        DataError
            Short or over-long input, text that is not UTF-8, a flag that is neither 0 nor 1: names kind and field.
        """
        if len(payload) > PAYLOAD_LIMIT:
            raise DataError(f"{self.title}: expected at most {PAYLOAD_LIMIT} bytes, got {len(payload)}")
        values: list[Any] = []
        at = start
        try:
            for first, _, run, _, decode in self._steps:  # noqa: B007 - the field an error names
                if run:
                    values += run.unpack_from(payload, at)
                    at += run.size
                else:
                    value, at = decode(payload, at)
                    values.append(value)
        except (struct.error, ValueError) as error:
            raise DataError(f"{self.title}: {self.fields[first].name}: {error}") from None
        if at != len(payload):
            last = self.fields[-1].name if self.fields else "payload"
            raise DataError(f"{self.title}: {last}: {len(payload) - at} bytes too many after it")
        return tuple(values)

    def _one(self, field: Field, value: Any) -> bytes:
        try:
            return field.encode(value)
        except OverflowError as error:
            raise InvariantError(f"{self.title}: {field.name}: {error}") from None
        except (TypeError, ValueError) as error:
            raise DataError(f"{self.title}: {field.name}: {error}") from None


def _steps(fields: Sequence[Field]) -> Iterator[_Step]:
    """Runs of 64-bit fields as one call each, other fields one by one."""
    at = 0
    while at < len(fields):
        codes = list(takewhile(bool, (_STRUCT_CODE.get(str(f.type), "") for f in fields[at:])))
        end = at + max(len(codes), 1)
        run = struct.Struct("<" + "".join(codes)) if codes else None
        yield at, end, run, fields[at].encode, fields[at].decode
        at = end


def _scalar(type: str) -> tuple[Encoder, Decoder]:
    if type in INTEGERS:
        return _integer(type, *INTEGERS[type])
    return {"bool": (_put_bool, _get_bool), "bytes": (_put_bytes, _get_bytes), "str": (_put_text, _get_text)}[
        type
    ]


def _integer(type: str, size: int, signed: bool) -> tuple[Encoder, Decoder]:
    low = -(1 << (8 * size - 1)) if signed else 0
    high = (1 << (8 * size - signed)) - 1

    def put(value: Any) -> bytes:
        try:
            value = operator.index(value)
        except TypeError:
            raise TypeError(f"expected {type}, got {value!r:.80}") from None
        if not low <= value <= high:
            raise OverflowError(f"expected {type}, got {value}")
        return int(value).to_bytes(size, "little", signed=signed)

    def get(payload: bytes, at: int) -> tuple[int, int]:
        return int.from_bytes(_cut(payload, at, size), "little", signed=signed), at + size

    return put, get


def _listed(types: tuple[str, ...]) -> tuple[Encoder, Decoder]:
    """Records as a count and one after another; all-i64 records, the common case, are packed in one call."""
    width = len(types)
    if set(types) == {"i64"}:
        return _integers(width)
    parts = [_scalar(type) for type in types]

    def put(value: Any) -> bytes:
        out = [_COUNT.pack(len(value))]
        for row in value:
            for (encode, _), item in zip(parts, _record(row, width), strict=True):
                out.append(encode(item))
        return b"".join(out)

    def get(payload: bytes, at: int) -> tuple[Any, int]:
        (count,) = _COUNT.unpack_from(payload, at)
        at += 4
        rows = []
        for _ in range(count):
            row = []
            for _, decode in parts:
                item, at = decode(payload, at)
                row.append(item)
            rows.append(tuple(row) if width > 1 else row[0])
        return tuple(rows), at

    return put, get


def _integers(width: int) -> tuple[Encoder, Decoder]:
    check = _integer("i64", 8, True)[0]

    def put(value: Any) -> bytes:
        flat = list(value) if width == 1 else [item for row in value for item in _record(row, width)]
        try:
            return struct.pack(f"<I{len(flat)}q", len(flat) // width, *flat)
        except struct.error:
            for item in flat:
                check(item)
            raise ValueError(f"expected i64, got {flat!r:.80}") from None

    def get(payload: bytes, at: int) -> tuple[Any, int]:
        (count,) = _COUNT.unpack_from(payload, at)
        end = at + 4 + 8 * width * count
        if end > len(payload):
            raise ValueError(f"{count} records announced, input ends before")
        flat = struct.unpack_from(f"<{width * count}q", payload, at + 4)
        if width == 1:
            return flat, end
        return tuple(zip(*[iter(flat)] * width, strict=True)), end

    return put, get


def _record(row: Any, width: int) -> Sequence[Any]:
    if width == 1:
        return (row,)
    if not isinstance(row, (tuple, list)) or len(row) != width:
        raise ValueError(f"expected records of {width}, got {row!r:.80}")
    return row


def _put_bool(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(f"expected bool, got {value!r:.80}")
    return b"\x01" if value else b"\x00"


def _get_bool(payload: bytes, at: int) -> tuple[bool, int]:
    byte = _cut(payload, at, 1)[0]
    if byte > 1:
        raise ValueError(f"expected 0 or 1, got {byte}")
    return byte == 1, at + 1


def _put_bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"expected bytes, got {value!r:.80}")
    return _COUNT.pack(len(value)) + value


def _get_bytes(payload: bytes, at: int) -> tuple[bytes, int]:
    start = at + 4
    end = start + _COUNT.unpack_from(payload, at)[0]
    if end > len(payload):
        raise ValueError(f"{end - start} bytes announced, {len(payload) - start} left")
    return payload[start:end], end


def _put_text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"expected str, got {value!r:.80}")
    return _put_bytes(value.encode())


def _get_text(payload: bytes, at: int) -> tuple[str, int]:
    data, end = _get_bytes(payload, at)
    return str(data, "utf-8"), end


def _cut(payload: bytes, at: int, size: int) -> bytes:
    if at + size > len(payload):
        raise ValueError(f"{size} bytes expected at {at}, input ends at {len(payload)}")
    return payload[at : at + size]
