"""Signatures against the vectors of RFC 8032, and every other spelling of them refused."""

import base64
import hashlib
import string

import pytest

from refusals.errors import VerificationFailed
from releases.ledger.signing import (  # fmt: skip
    PublicKey,
    SigningKey,
    pem_of,
    public_keys_of,
    signature_of,
    signature_text,
)

# RFC 8032, section 7.1, tests 1 to 3: private key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
PAIRS = [tuple(bytes.fromhex(part) for part in vector) for vector in VECTORS]


@pytest.mark.parametrize(("private", "public", "message", "signature"), PAIRS)
def test_the_vectors_of_the_standard(private: bytes, public: bytes, message: bytes, signature: bytes) -> None:
    key = SigningKey(private)
    assert key.public == PublicKey(public)
    assert key.sign(message) == signature
    assert key.fingerprint == hashlib.sha256(public).hexdigest()
    assert PublicKey(public).verify(message, signature)
    assert not PublicKey(public).verify(message + b"x", signature)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_one_flipped_bit_of_a_signature_is_found(bit: int) -> None:
    _, public, message, signature = PAIRS[1]
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not PublicKey(public).verify(message, bytes(changed))


def test_a_signature_with_another_s_is_none() -> None:
    """S and S + L are one number to a careless verifier (RFC 8032, 5.1.7): then a signature has two spellings."""
    _, public, message, signature = PAIRS[1]
    order = 2**252 + 27742317777372353535851937790883648493
    larger = int.from_bytes(signature[32:], "little") + order
    assert not PublicKey(public).verify(message, signature[:32] + larger.to_bytes(32, "little"))


def test_a_signature_has_one_spelling() -> None:
    signature = PAIRS[0][3]
    text = signature_text(signature)
    assert base64.b64decode(text) == signature
    assert signature_of(text) == signature
    assert text.endswith("==")
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    place = alphabet.index(text[-3])
    same_bytes = [text[:-3] + alphabet[place ^ other] + "==" for other in range(1, 16)]
    assert all(base64.b64decode(other) == signature for other in same_bytes)  # what a careless decoder takes
    spellings = [
        *same_bytes, text + "\n", " " + text, text[:-1], text + "=", text[:40] + "\n" + text[40:], text + "AAAA",
        text.replace("+", "-").replace("/", "_"), signature_text(signature[:-1]), "", "é", text[:-3] + "?==",
    ]  # fmt: skip
    assert [spelling for spelling in spellings if signature_of(spelling) is not None and spelling != text] == []


def test_a_public_key_has_one_spelling() -> None:
    keys = [PublicKey(public) for _, public, _, _ in PAIRS]
    assert public_keys_of(pem_of(keys), "keys") == tuple(keys)
    pem = keys[0].pem
    assert base64.b64decode(pem.split(b"\n")[1]) == bytes.fromhex("302a300506032b6570032100" + VECTORS[0][1])
    others = [
        b"", pem[:-1], pem + b"\n", b"\n" + pem, b"# a comment\n" + pem, pem.replace(b"\n", b"\r\n"),
        pem.replace(b"MCow", b"MCox"), pem.replace(b"PUBLIC", b"PRIVATE"), b"\xff" + pem, pem + pem[:30],
    ]  # fmt: skip
    for other in others:
        with pytest.raises(VerificationFailed, match="keys is not an Ed25519 public key"):
            public_keys_of(other, "keys")


def test_a_private_key_is_never_shown() -> None:
    assert "raw" not in repr(SigningKey(b"k" * 32))
    assert "kkk" not in repr(SigningKey(b"k" * 32))
