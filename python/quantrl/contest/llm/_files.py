"""Files of a record: a folder that grows, or one gzip that is only read."""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from quantrl.errors import DataError, RunError
from quantrl.runs import canonical_json, make_folder, sync_folder

MAX_PACKED_BYTES = 2 << 30
_NAME = re.compile(r"(objects/[0-9a-f]{2}/[0-9a-f]{64}\.json|calls\.jsonl|cuts\.jsonl|record\.json)")


class Files(Protocol):
    """Named bytes."""

    def read(self, name: str) -> bytes | None:
        """Content, or None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Put a whole file in place, or nothing."""

    def append(self, name: str, data: bytes) -> None:
        """Add to the end, synced."""

    def names(self) -> Iterator[str]:
        """Every file, sorted."""


class Folder:
    """Files below a folder, made when first written to."""

    def __init__(self, root: Path) -> None:
        self.root, self._base = root, os.fspath(root)
        self._grown: set[str] = set()

    def read(self, name: str) -> bytes | None:
        """Content, or None."""
        try:
            with open(f"{self._base}/{name}", "rb", buffering=0) as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(f"{self.root / name}: cannot be read: {error.strerror}") from None

    def write(self, name: str, data: bytes) -> None:
        """Made aside, synced, renamed, and the name synced as well."""
        path = self.root / name
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            make_folder(path.parent)
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from None

    def append(self, name: str, data: bytes) -> None:
        """Add lines; a line that an interruption tore is cut before the first."""
        path = self.root / name
        try:
            if name not in self._grown:
                make_folder(path.parent)
                path.touch()
                sync_folder(path.parent)
                os.truncate(path, len(whole_lines(path.read_bytes())))
                self._grown.add(name)
            with path.open("ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from None

    def names(self) -> Iterator[str]:
        """Files that belong to a record."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*.json*"))
        return iter(sorted(name for name in found if _NAME.fullmatch(name)))


class Packed:
    """A record in one gzip of JSON lines ``[name, text]``, read whole.

    Raises
    ------
    DataError
        No gzip, damaged, past 2 GiB, or a name no record has.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content: dict[str, bytes] = {}
        size = 0
        try:
            with gzip.open(path) as lines:
                while line := lines.readline(MAX_PACKED_BYTES - size + 1):
                    size += len(line)
                    name, text = json.loads(line)
                    if size > MAX_PACKED_BYTES or not _NAME.fullmatch(name):
                        raise ValueError(
                            f"expected files of a record, at most {MAX_PACKED_BYTES} bytes, got {name!r}"
                        )
                    self._content[name] = text.encode()
        except (OSError, EOFError, ValueError, TypeError, AttributeError, zlib.error) as error:
            raise DataError(f"{path}: no packed record: {error}") from None

    def read(self, name: str) -> bytes | None:
        """Content, or None."""
        return self._content.get(name)

    def write(self, name: str, data: bytes) -> None:
        """Refused."""
        raise RunError(f"{self.path}: a packed record is only read; asked to write {name}")

    def append(self, name: str, data: bytes) -> None:
        """Refused."""
        self.write(name, data)

    def names(self) -> Iterator[str]:
        """Every file."""
        return iter(sorted(self._content))


def whole_lines(raw: bytes) -> bytes:
    """Without the line that lost its end."""
    return raw[: raw.rfind(b"\n") + 1]


def pack(files: Files, target: Path) -> None:
    """Write files as one gzip; equal files give equal bytes."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with aside.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as out:
            for name in files.names():
                out.write((canonical_json([name, (files.read(name) or b"").decode()]) + "\n").encode())
        aside.rename(target)
    except OSError as error:
        raise RunError(f"{target}: cannot be written: {error.strerror}") from None
