"""A destination made to hold what this home holds: the same is not sent again, what never changes is not touched."""

import hashlib
from collections.abc import Mapping

from refusals.errors import DeliveryRefused
from releases.destinations.store import Store, StoredObject


class Mirror:
    """Writes to one destination, and counts what it did."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self.sent = 0
        self.sent_bytes = 0
        self.deleted = 0

    def is_same(self, path: str, there: StoredObject | None, content: bytes) -> bool:
        """Whether the object holds exactly this; read only where size and MD5 do not tell."""
        if there is None or there.size != len(content):
            return False
        if there.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest():
            return True
        return self._store.read(path) == content

    def check_only(self, folder: str, files: Mapping[str, bytes], there: Mapping[str, StoredObject]) -> None:
        """What the destination has of an immutable folder is what belongs there.

        Raises:
            DeliveryRefused: an object is another, or does not belong there; it is named.
        """
        for path in sorted(there):
            name = path.removeprefix(f"{folder}/")
            if name not in files or not self.is_same(path, there[path], files[name]):
                raise self.difference(path)

    def create(self, path: str, content: bytes) -> None:
        """Makes an object that may never change.

        Raises:
            DeliveryRefused: another one is there.
        """
        if not self._store.create(path, content) and self._store.read(path) != content:
            raise self.difference(path)
        self._count(content)

    def replace(self, path: str, there: StoredObject | None, content: bytes) -> None:
        """Makes an object, or replaces the one there, unless it is the same."""
        if not self.is_same(path, there, content):
            self._store.replace(path, content)
            self._count(content)

    def delete(self, path: str) -> None:
        """Removes an object."""
        self._store.delete(path)
        self.deleted += 1

    def difference(self, path: str) -> DeliveryRefused:
        """The refusal of an object that is not this home's."""
        return DeliveryRefused(
            f"destination '{self._name}': {path} there is not what this home published, and published files never"
            " change: find out who wrote it, remove it there, and deliver again"
        )

    def _count(self, content: bytes) -> None:
        self.sent += 1
        self.sent_bytes += len(content)
