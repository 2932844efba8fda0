"""What every part of a ``report.json`` is made of: strict, unknown keys left alone, no NaN."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

STRICT = ConfigDict(extra="ignore", frozen=True, strict=True)

Number = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A table of the file."""

    model_config = STRICT


class MeasureEntry(Part):
    """A measure with its reason when undefined, and its interval where one was made."""

    value: Number | None
    reason: str | None = None
    low: Number | None = None
    high: Number | None = None


class Gap(Part):
    """A difference with its interval."""

    value: Number | None
    low: Number | None = None
    high: Number | None = None
