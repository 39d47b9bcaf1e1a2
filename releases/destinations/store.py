"""What a destination can do, whatever it is: a folder on disk or a bucket of an S3-compatible store.

Objects are named by paths with slashes, relative to the destination. Every object appears whole or not at all, and is
there for good when the call returns.
"""

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a listing tells of an object. `md5`: in hex, where the store tells one; it then stands for the content."""

    size: int
    md5: str | None


class Store(Protocol):
    """One destination, opened; a context manager.

    Every method raises `UsageError` where a setting, a permission or the credentials are to be mended, and
    `DeliveryFailed` where trying again may help (network, disk).
    """

    def __enter__(self) -> Self:
        """Leftovers of a killed delivery are gone from here on."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves nothing of its own behind."""

    def listed(self, folder: str) -> dict[str, StoredObject]:
        """The objects right in a folder, by path; not those further down."""

    def listed_below(self, folder: str) -> dict[str, StoredObject]:
        """All objects in a folder and further down, by path."""

    def read(self, path: str) -> bytes | None:
        """An object's content; None where there is none."""

    def create(self, path: str, content: bytes) -> bool:
        """Makes an object that is not there yet; False, and nothing changed, where one is."""

    def replace(self, path: str, content: bytes) -> None:
        """Makes an object, or replaces the one that is there."""

    def delete(self, path: str) -> None:
        """Removes an object. Safe to repeat."""

    def prune(self, folder: str) -> None:
        """Removes empty folders in a folder, where a store has such."""

    def probe(self) -> None:
        """Raises what would stop a delivery: not reachable, not readable, not writable. Leaves nothing behind."""
