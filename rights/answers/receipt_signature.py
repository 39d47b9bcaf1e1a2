"""The signature under what a person is given: Ed25519, by a key that signs nothing else."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from home.keys import receipt_signing_key
from home.layout import Home

PUBLIC_KEY = "public-key.pem"


def signature_over(home: Home, content: bytes) -> bytes:
    """The signature, as a line of base64."""
    return base64.b64encode(_key(home).sign(content)) + b"\n"


def public_pem(home: Home) -> bytes:
    """The key by which anybody can check it, as openssl reads it."""
    return _key(home).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def is_signed(home: Home, content: bytes, line: bytes) -> bool:
    """Whether this home signed exactly this content."""
    try:
        _key(home).public_key().verify(base64.b64decode(line.strip(), validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(home: Home) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(receipt_signing_key(home))
