"""Ed25519 signatures: the key that signs every release and every line of the ledger, and its public counterpart."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from refusals.errors import VerificationFailed

#: Holds the public key beside the ledger and within each release.
PUBLIC_KEY = "public-key.pem"
SIGNATURE_BYTES = 64

#: What stands before the raw key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410).
_ALGORITHM = bytes.fromhex("302a300506032b6570032100")
_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/]{59}=)\n-----END PUBLIC KEY-----\n")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Checks signatures. `raw`: 32 bytes. Readers know it by its fingerprint, which the portal shows."""

    raw: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the raw key, in hex."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def pem(self) -> bytes:
        """The key as openssl reads it (RFC 7468)."""
        text = base64.b64encode(_ALGORITHM + self.raw)
        return b"-----BEGIN PUBLIC KEY-----\n" + text + b"\n-----END PUBLIC KEY-----\n"

    def verify(self, content: bytes, signature: bytes) -> bool:
        """Whether this key's owner signed exactly this content."""
        return _is_signed(self.raw, content, signature)


@lru_cache(maxsize=2**16)
def _is_signed(raw: bytes, content: bytes, signature: bytes) -> bool:
    """A run reads its ledger, and each release's own entry, several times over."""
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, content)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs. `raw`: the private key, 32 bytes; never shown."""

    raw: bytes = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes; of one content always the same (RFC 8032)."""
        return Ed25519PrivateKey.from_private_bytes(self.raw).sign(content)

    @property
    def public(self) -> PublicKey:
        """Its counterpart, for everyone."""
        return PublicKey(Ed25519PrivateKey.from_private_bytes(self.raw).public_key().public_bytes_raw())

    @property
    def public_pem(self) -> bytes:
        """Its counterpart, as openssl reads it."""
        return self.public.pem

    @property
    def fingerprint(self) -> str:
        """Its counterpart's: what readers know it by."""
        return self.public.fingerprint


def public_keys_of(pem: bytes, name: str) -> tuple[PublicKey, ...]:
    """The keys of a PEM file, the one in use first, retired ones after it.

    There is one spelling of a key: a file with other line ends, spaces or headers is refused.

    Raises:
        VerificationFailed: it holds anything but Ed25519 public keys; `name` is quoted.
    """
    keys = tuple(PublicKey(base64.b64decode(text)[len(_ALGORITHM) :]) for text in _BLOCK.findall(pem))
    if not keys or pem != pem_of(keys):
        raise VerificationFailed(f"{name} is not an Ed25519 public key as releases carry it (PEM): fetch it anew")
    return keys


def pem_of(keys: Iterable[PublicKey]) -> bytes:
    """The file of which public_keys_of reads these keys."""
    return b"".join(key.pem for key in keys)


def signature_text(signature: bytes) -> str:
    """A signature as it is written down: base64."""
    return base64.b64encode(signature).decode("ascii")


def signature_of(text: str) -> bytes | None:
    """The signature that a text is the one spelling of; None: it is none (spaces, trailing bits, a wrong length)."""
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return signature if len(signature) == SIGNATURE_BYTES and signature_text(signature) == text else None
