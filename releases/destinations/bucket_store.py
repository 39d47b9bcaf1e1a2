"""A destination in an S3-compatible store, by obstore.

Nothing is contacted but the endpoint and what the environment names for credentials: without credentials obstore would
ask the cloud's instance metadata service, so that is refused before a connection is made.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Self

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from home.settings.destination_settings import Destination
from refusals.errors import DeliveryFailed, Refusal, UsageError
from releases.destinations.store import StoredObject

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig, S3Config

CONNECT_TIMEOUT = timedelta(seconds=5)
#: Of one request, its body included.
REQUEST_TIMEOUT = timedelta(minutes=2)
#: A store that is down is told within a minute, not hammered; whoever runs the delivery tries it again later.
MAX_RETRIES = 2
RETRY_TIMEOUT = timedelta(seconds=30)

PROBE = ".cmn-doctor"
CONTENT_TYPES = {
    ".cff": "application/yaml",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".pem": "application/x-pem-file",
    ".png": "image/png",
    ".sha256": "text/plain; charset=utf-8",
    ".sig": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

#: The ways to credentials that the environment can ask for, in obstore's order; each is all of its variables.
STATIC = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
OTHER_WAYS = (
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ("AWS_METADATA_ENDPOINT",),
)

_NOT_ACCEPTED = "the credentials are not accepted: mend AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN"
_ANOTHER_REGION = "the bucket is in another region: mend 'region'"
_DENIED = "access is denied: allow listing, and reading, writing and deleting objects"
#: S3's error code → what to mend.
_MENDS = {
    "AccessDenied": _DENIED,
    "AccountProblem": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AuthorizationHeaderMalformed": _ANOTHER_REGION,
    "ExpiredToken": _NOT_ACCEPTED,
    "InvalidAccessKeyId": _NOT_ACCEPTED,
    "InvalidBucketName": "the bucket's name is none: mend 'url'",
    "InvalidToken": _NOT_ACCEPTED,
    "NoSuchBucket": "the bucket does not exist: make it, or mend 'url'",
    "PermanentRedirect": _ANOTHER_REGION,
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SignatureDoesNotMatch": _NOT_ACCEPTED,
}


class BucketStore:
    """The `Store` that is a bucket, or what is below a prefix of one.

    Raises:
        UsageError: the environment gives no credentials, or nonsense.
    """

    def __init__(self, destination: Destination) -> None:
        self._where = f"destination '{destination.name}' ({destination.url})"
        self._address = destination.endpoint or "the endpoint"
        _check_credentials(destination.name)
        try:
            self._store = _opened(destination)
        except (BaseError, ValueError):
            # Of the settings, all were checked; obstore's text may quote a credential.
            raise UsageError(f"{self._where}: mend the variables of the environment that begin with AWS_") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is kept aside: each object is sent in one request."""

    def listed(self, folder: str) -> dict[str, StoredObject]:
        """One request, or one for each thousand objects."""
        with self._told():
            return _objects(obstore.list_with_delimiter(self._store, folder)["objects"], folder)

    def listed_below(self, folder: str) -> dict[str, StoredObject]:
        """One request for each thousand objects."""
        with self._told():
            return _objects([one for page in obstore.list(self._store, folder) for one in page], folder)

    def read(self, path: str) -> bytes | None:
        """A bucket that is not there is no missing object: that is raised."""
        with self._told():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                return None

    def create(self, path: str, content: bytes) -> bool:
        """Where a store knows no conditional writes, what the caller has seen there must do."""
        with self._told():
            try:
                obstore.put(self._store, path, content, attributes=_attributes(path), mode="create")
            except AlreadyExistsError:
                return False
            except BaseError as error:
                if "status code: 501" not in str(error):
                    raise
                self._put(path, content)
            return True

    def replace(self, path: str, content: bytes) -> None:
        """In one request, so that readers have the old object or the new one."""
        with self._told():
            self._put(path, content)

    def delete(self, path: str) -> None:
        """As `read` on a bucket that is not there."""
        with self._told():
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise

    def prune(self, folder: str) -> None:
        """Does nothing: a bucket has no folders."""

    def probe(self) -> None:
        """Lists, makes an empty object and takes it away: each needs a permission of its own."""
        self.listed("releases")
        self.replace(PROBE, b"")
        try:
            self.delete(PROBE)
        except Refusal as refusal:
            raise type(refusal)(f"{refusal} (the empty object {PROBE} could be made there, but not removed)") from None

    def _put(self, path: str, content: bytes) -> None:
        # In one request: the parts of a killed multipart upload would stay, unseen and paid for.
        obstore.put(self._store, path, content, attributes=_attributes(path), use_multipart=False)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            # obstore's text quotes requests and answers, with what a store tells of keys: it goes no further.
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> Refusal:
        mend = _MENDS.get(_code(error) or "")
        text = str(error)
        if mend is None and re.search(r"status code: 40[13]", text):
            mend = _DENIED
        if mend is None and re.search(r"status code: 404", text):
            mend = "the bucket or its endpoint is not there: mend 'url' or 'endpoint'"
        if mend is None and re.search(r"status code: 30\d", text):
            mend = _ANOTHER_REGION
        if mend is not None:
            return UsageError(f"{self._where}: {mend}")
        answer = re.search(r"status code: (\d{3})", text)
        what = f"answered with {answer[1]}" if answer else "could not be reached"
        return DeliveryFailed(f"{self._where}: {self._address} {what}: see that it is up, and deliver again")


def _opened(destination: Destination) -> S3Store:
    settings: S3Config = {"disable_bulk_delete": True}  # not every store knows deletion in bulk
    if destination.endpoint:
        # The second would win over the first if it came from the environment.
        settings["endpoint"] = settings["aws_endpoint_url_s3"] = destination.endpoint
    if destination.region:
        settings["region"] = destination.region
    client: ClientConfig = {"connect_timeout": CONNECT_TIMEOUT, "timeout": REQUEST_TIMEOUT}
    if destination.endpoint and destination.endpoint.startswith("http://"):
        client["allow_http"] = True
    retry: RetryConfig = {"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT}
    prefix = destination.prefix or None
    return S3Store(destination.bucket, prefix=prefix, config=settings, client_options=client, retry_config=retry)


def _check_credentials(name: str) -> None:
    given = [variable for variable in STATIC if os.environ.get(variable)]
    if given == list(STATIC):
        return
    if not given and any(all(os.environ.get(variable) for variable in way) for way in OTHER_WAYS):
        return
    missing = next(variable for variable in STATIC if variable not in given)
    raise UsageError(f"destination '{name}': {missing} is not set: give {' and '.join(STATIC)} in the environment")


def _objects(found: "Sequence[ObjectMeta]", folder: str) -> dict[str, StoredObject]:
    """By path; without the empty object that some tools lay down for the folder itself."""
    inside = [one for one in found if one["path"].startswith(f"{folder}/")]
    return {one["path"]: StoredObject(one["size"], _md5(one["e_tag"])) for one in inside}


def _md5(e_tag: str | None) -> str | None:
    """The MD5 that an ETag may be. Where the store encrypts, it is something else and equals no content's MD5."""
    text = (e_tag or "").strip('"')
    return text if re.fullmatch(r"[0-9a-f]{32}", text) else None


def _attributes(path: str) -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")}


def _code(error: Exception) -> str | None:
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else None
