"""A delivery contacts its endpoint and nothing else: no metadata service, unless the environment asks for it.

obstore's connections are made outside Python, so they are watched from outside: all plain HTTP goes through a proxy
that notes the hosts. That it would see a call to the metadata service is shown too.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from home.settings.destination_settings import Destination
from refusals.errors import DeliveryFailed, Refusal, UsageError
from releases.destinations import bucket_store
from releases.destinations.destination import check_destination
from tests.worlds.delivery_world import PublishedHome, bucket_at, credentials, deliver, first_state

__all__ = ["credentials"]
METADATA = "169.254.169.254"
STORE = "store.invalid:9000"


@pytest.fixture
def hosts(credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The hosts that were asked for, each time; every answer is a refusal."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                asked.append(urlsplit(self.path).netloc or self.path)
                self.send_error(400)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
    yield asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(tmp_path: Path) -> PublishedHome:
    world = PublishedHome(tmp_path / "home")
    first_state(world)
    return world


def bucket() -> Destination:
    return bucket_at(f"http://{STORE}")


def test_with_credentials_only_the_endpoint_is_contacted(world: PublishedHome, hosts: list[str]) -> None:
    with pytest.raises(DeliveryFailed):
        deliver(world.home, bucket())
    with pytest.raises(DeliveryFailed):
        check_destination(bucket())
    assert set(hosts) == {STORE}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "k"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SECRET_ACCESS_KEY": "s"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "p", "AWS_SESSION_TOKEN": "t"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://cloud.invalid/"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_SKIP_SIGNATURE": "false"}, "AWS_ACCESS_KEY_ID"),
    ],
)
def test_without_credentials_nobody_is_contacted(
    world: PublishedHome, hosts: list[str], monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    for name in bucket_store.STATIC:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for act in (lambda: deliver(world.home, bucket()), lambda: check_destination(bucket())):
        with pytest.raises(UsageError, match=f"destination 'open-data': {missing} is not set") as refused:
            act()
        assert refused.value.exit_code == 2
    assert hosts == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://cloud.invalid/"},
    ],
)
def test_the_proxy_would_see_the_metadata_service(
    world: PublishedHome, hosts: list[str], monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    """The planted fault: without the check, obstore asks it."""
    monkeypatch.setattr(bucket_store, "_check_credentials", lambda name: None)
    for name in bucket_store.STATIC:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refusal):
        deliver(world.home, bucket())
    assert METADATA in hosts


def test_a_metadata_service_that_is_asked_for_is_used(
    world: PublishedHome, hosts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in bucket_store.STATIC:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://metadata.invalid")
    with pytest.raises(Refusal):
        deliver(world.home, bucket())
    assert set(hosts) == {"metadata.invalid"}
