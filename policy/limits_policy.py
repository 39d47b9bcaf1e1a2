"""How much a delivered file may ask of the machine that reads it."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

LIMITS_FILE: Final = Path(__file__).parent / "limits.toml"
KIBIBYTE: Final = 1024
MEBIBYTE: Final = 1024 * 1024

Positive = Annotated[int, Field(gt=0)]


class LimitsPolicy(BaseModel):
    """Bounds of one value, of a decompressed file, and of the process that first parses a foreign binary format."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value_kibibytes: Positive
    decompressed_mebibytes: Positive
    decompression_ratio: Annotated[int, Field(gt=1)]
    ratio_from_mebibytes: Positive
    parser_memory_mebibytes: Annotated[int, Field(ge=256)]
    parser_seconds: Positive
    parquet_codecs: Annotated[list[str], Field(min_length=1)]

    @property
    def value_bytes(self) -> int:
        """The longest value, in bytes."""
        return self.value_kibibytes * KIBIBYTE

    def content_bytes(self, file_bytes: int) -> int:
        """How large the content of a file of `file_bytes` may be once it is decompressed, in bytes."""
        by_ratio = max(self.ratio_from_mebibytes * MEBIBYTE, self.decompression_ratio * file_bytes)
        return min(self.decompressed_mebibytes * MEBIBYTE, by_ratio)


@cache
def shipped_limits() -> LimitsPolicy:
    """The limits that ship with the project."""
    return LimitsPolicy.model_validate(tomllib.loads(LIMITS_FILE.read_text(encoding="utf-8")))
