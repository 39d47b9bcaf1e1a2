"""What lies in the folder of a release: its files, and the three that seal them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from refusals.errors import UsageError, VerificationFailed
from releases.folders.checksums import CHECKSUMS, FILE_NAME, checksums_of, parse_checksums
from releases.folders.folder_contents import file_names, read_small, sha256_of
from releases.folders.tombstone import ENTRY, TOMBSTONE, tombstone_files
from releases.ledger.ledger import check_signed, parse_entry
from releases.ledger.ledger_entry import LedgerEntry
from releases.ledger.signing import PUBLIC_KEY, PublicKey, SigningKey, public_keys_of, signature_of, signature_text

SIGNATURE = "CHECKSUMS.sha256.sig"
SEALS = (CHECKSUMS, SIGNATURE, ENTRY)
_RESERVED = (*SEALS, PUBLIC_KEY, TOMBSTONE)
_ANEW = "fetch the release anew"


def with_checksums(files: Mapping[str, bytes], key: SigningKey) -> dict[str, bytes]:
    """The files, the public key, their checksums and the signature over these; the ledger's entry comes on top.

    Raises:
        UsageError: a file has a name that a release cannot have.
    """
    for name in files:
        if not FILE_NAME.fullmatch(name) or name in _RESERVED:
            raise UsageError(f"a release cannot hold a file named {name!r}")
    covered = {**files, PUBLIC_KEY: key.public_pem}
    checksums = checksums_of(covered)
    signature = signature_text(key.sign(checksums)) + "\n"
    return {**covered, CHECKSUMS: checksums, SIGNATURE: signature.encode("ascii")}


def check_sealed(folder: Path, trusted: Sequence[PublicKey]) -> LedgerEntry:
    """Every file and every byte of a release's folder is what was signed with a trusted key; its ledger entry.

    A tombstone's entry is the withdrawal's.

    Raises:
        VerificationFailed: the first file that is missing, too many, or not what was signed.
        UsageError: the folder cannot be read.
    """
    names = file_names(folder)
    is_tombstone = TOMBSTONE in names
    for needed in (PUBLIC_KEY, ENTRY) if is_tombstone else (PUBLIC_KEY, *SEALS):
        if needed not in names:
            raise VerificationFailed(f"{needed} is missing: {_ANEW}, or name the folder of a release")
    key = own_key(folder)
    if key not in trusted:
        raise VerificationFailed(
            f"{PUBLIC_KEY} is key {key.fingerprint[:12]}…, and the key trusted here is {trusted[0].fingerprint[:12]}…: "
            "signed by someone else, or with a key that has followed since: compare both with the portal's fingerprint"
        )
    entry = _checked_entry(folder, key)
    if is_tombstone != (entry.action == "withdrawn"):
        raise VerificationFailed(f"{ENTRY} does not fit: it says {entry.action}, and the folder does not: {_ANEW}")
    digests = _tombstone_digests(entry, key) if is_tombstone else _signed_digests(folder, entry, key)
    for name in sorted(set(digests) | set(names)):
        if name not in names:
            raise VerificationFailed(f"{name} is missing: {_ANEW}")
        if name not in digests:
            raise VerificationFailed(f"{name!r} is no part of the release: remove it, or {_ANEW}")
        if sha256_of(folder / name) != digests[name]:
            raise VerificationFailed(f"{name} was changed: it is not the file that was signed: {_ANEW}")
    return entry


def own_key(folder: Path) -> PublicKey:
    """The one public key that lies in a release's folder.

    Raises:
        VerificationFailed: there is none, or more than one.
    """
    keys = public_keys_of(read_small(folder / PUBLIC_KEY), PUBLIC_KEY)
    if len(keys) != 1:
        raise VerificationFailed(f"{PUBLIC_KEY} was changed: a release is signed by one key: {_ANEW}")
    return keys[0]


def _checked_entry(folder: Path, key: PublicKey) -> LedgerEntry:
    content = read_small(folder / ENTRY)
    if not content.endswith(b"\n"):
        raise VerificationFailed(f"{ENTRY} was changed: its last line is not whole: {_ANEW}")
    entry = parse_entry(content[:-1], ENTRY)
    if entry.key != key.fingerprint:
        raise VerificationFailed(f"{PUBLIC_KEY} is not the key that {ENTRY} names: one of the two was changed: {_ANEW}")
    check_signed(entry, (key,), ENTRY)
    return entry


def _signed_digests(folder: Path, entry: LedgerEntry, key: PublicKey) -> dict[str, str]:
    """The digest of every file that the folder must hold, by name."""
    checksums = read_small(folder / CHECKSUMS)
    if hashlib.sha256(checksums).hexdigest() != entry.release_sha256:
        raise VerificationFailed(f"{CHECKSUMS} was changed: it is not the one that {ENTRY} names: {_ANEW}")
    text = read_small(folder / SIGNATURE)
    signature = signature_of(text.decode("ascii", errors="replace").removesuffix("\n"))
    if signature is None or not text.endswith(b"\n") or not key.verify(checksums, signature):
        raise VerificationFailed(f"{SIGNATURE} was changed: it is no signature of {CHECKSUMS} by {PUBLIC_KEY}: {_ANEW}")
    seals = {name: sha256_of(folder / name) for name in SEALS}  # each checked above, to the byte
    return {**parse_checksums(checksums), **seals}


def _tombstone_digests(entry: LedgerEntry, key: PublicKey) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in tombstone_files(entry, key).items()}
