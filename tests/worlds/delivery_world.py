"""Homes with releases, made by hand, and a real S3 server to deliver them to. Expected values are a plain walk."""

import hashlib
import json
import shutil
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from home.atomic_file import write_private
from home.layout import Home
from home.settings.destination_settings import Destination
from releases.destinations import destination as destination_module
from releases.destinations.destination import Delivered
from releases.folders.portal_contents import CONTENTS, contents_file
from releases.ledger.release_id import ReleaseId
from releases.publishing.publisher import withdraw
from tests.worlds.one_release import publish

AS_OF = datetime(2026, 10, 1, 4, 30, tzinfo=UTC)
BUCKET = "published"
PREFIX = "research/data"
FIRST = "usage_by_region_age/2026-W38-v1"
SECOND = "usage_by_region_age/2026-W39-v1"
CORRECTED = "usage_by_region_age/2026-W39-v2"
HOURS = "usage_by_hour/2026-W39-v1"


APPROVED = frozenset({"usage_by_region_age", "usage_by_hour"})


def deliver(home: Home, destination: Destination, approved: Collection[str] = APPROVED) -> Delivered:
    """A delivery under which both datasets of this world may leave, unless a test says otherwise."""
    return destination_module.deliver(home, destination, approved)


class PublishedHome:
    """A home whose releases and portal are written here, with a ledger of real entries."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.home.make()
        self._entries = 0
        write_private(self.home.keys / "release-signing.key", bytes(range(32)))

    def publish(self, release: str, why: str = "", parquet_bytes: int = 2000) -> None:
        files = {
            "data.csv": f"region_code,users\nNL-NH,{len(release)}\n# {release}\n".encode(),
            "data.parquet": b"PAR1" + hashlib.sha256(release.encode()).digest() * (parquet_bytes // 32) + b"PAR1",
            "README.md": f"# {release}\n".encode(),
        }
        publish(self.home, ReleaseId.parse(release), files, at=self._next_moment(), why=why)

    def withdraw(self, release: str, why: str = "Counted sessions twice.") -> None:
        withdraw(self.home, ReleaseId.parse(release), why=why, at=self._next_moment())

    def show(self, pages: Mapping[str, str]) -> None:
        """A portal of these pages, and the catalogue, both naming how many entries the ledger has."""
        number = self._entries
        shutil.rmtree(self.home.portal)
        (self.home.portal / "assets").mkdir(parents=True)
        (self.home.portal / "assets" / "style.css").write_text(f"/* {number} */ body {{ color: black }}\n")
        (self.home.portal / "assets" / "chart.js").write_text(f"const entries = {number};\n")
        for path, text in pages.items():
            (self.home.portal / path).parent.mkdir(parents=True, exist_ok=True)
            (self.home.portal / path).write_text(f"<!doctype html><p>{text} {number}</p>\n")
        self.name_files()
        catalogue = {"@type": "Catalog", "entries": number}
        (self.home.releases / "catalogue.jsonld").write_text(json.dumps(catalogue) + "\n")

    def name_files(self, datasets: Collection[str] = APPROVED) -> None:
        """Names what lies in the portal, as asked for by these datasets."""
        (self.home.portal / CONTENTS).unlink(missing_ok=True)
        files = {
            path.relative_to(self.home.portal).as_posix(): path.read_bytes()
            for path in self.home.portal.rglob("*")
            if path.is_file()
        }
        (self.home.portal / CONTENTS).write_bytes(contents_file(datasets, files, dict.fromkeys(files, datasets)))

    def _next_moment(self) -> datetime:
        self._entries += 1
        return AS_OF + timedelta(days=self._entries)


def first_state(world: PublishedHome) -> None:
    """Two releases and a portal."""
    world.publish(FIRST)
    world.publish(SECOND)
    world.show({"index.html": "All", "datasets/age.html": "Age", "old/page.html": "Old"})


def second_state(world: PublishedHome) -> None:
    """A correction, a new dataset, a withdrawal, a page less and a page more."""
    world.publish(CORRECTED, "A region's name.")
    world.withdraw(FIRST)
    world.publish(HOURS)
    world.show({"index.html": "All", "datasets/age.html": "Age", "datasets/hour.html": "Hour"})


def to_be_delivered(home: Home) -> dict[str, bytes]:
    """What a destination must hold, by a plain walk over the home."""
    folders = {"releases": home.releases, "portal": home.portal}
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for name, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file()
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, and every empty folder as one that ends in a slash."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


def torn(there: Mapping[str, bytes], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """What a reader would see of a delivery from one state to the next that is not whole: empty if all is well."""
    faults = [path for path, content in there.items() if content not in (before.get(path), after.get(path))]
    everything, sealing = {**before, **after}, ("CHECKSUMS.sha256", ".sig", "ledger-entry.json")
    for folder in sorted({path.rsplit("/", 1)[0] for path in everything if path.count("/") == 3}):
        now = {path: content for path, content in there.items() if path.startswith(f"{folder}/")}
        old = {path: content for path, content in before.items() if path.startswith(f"{folder}/")}
        new = {path: content for path, content in after.items() if path.startswith(f"{folder}/")}
        if f"{folder}/TOMBSTONE.json" in new:
            if f"{folder}/TOMBSTONE.json" not in now and now != old:
                faults.append(f"{folder}: touched before the tombstone was there")
        elif f"{folder}/ledger-entry.json" in now and now != new:
            faults.append(f"{folder}: its ledger entry is there before the rest")
        elif f"{folder}/CHECKSUMS.sha256" in now and not all(path in now or path.endswith(sealing) for path in new):
            faults.append(f"{folder}: its checksums are there before the data")
    faults += _in_order(there, before, after)
    return faults


def _in_order(there: Mapping[str, bytes], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    def is_new(path: str) -> bool:
        return there.get(path) == after[path] and before.get(path) != after[path]

    def all_there(paths: set[str]) -> bool:
        return all(there.get(path) == after[path] for path in paths)

    folders = {path for path in after if path.startswith("releases/") and path.count("/") == 3}
    pages = {path for path in after if path.endswith(".html")}
    portal = {path for path in after if path.startswith("portal/")} - {"portal/contents.json"}
    if is_new("releases/catalogue.jsonld") and not all_there(folders):
        yield "the catalogue is there before the releases"
    if any(is_new(path) for path in portal) and not all_there({"releases/catalogue.jsonld"}):
        yield "the portal is there before the catalogue"
    if any(is_new(path) for path in pages) and not all_there(portal - pages):
        yield "a page is there before what it shows"
    if is_new("portal/index.html") and not all_there(portal):
        yield "the first page is there before the others"
    if is_new("portal/contents.json") and not all_there(portal):
        yield "what names the portal's files is there before them"
    if is_new("releases/ledger.jsonl") and there != after:
        yield "the ledger is there before the rest"


class S3Server:
    """moto's server on a free port, and a client of AWS's own library to look into it."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        _, self.port = self._server.get_host_and_port()
        self.client = boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name="eu-west-1",
            aws_access_key_id="looker",
            aws_secret_access_key="looker",
            config=Config(proxies={}, retries={"max_attempts": 1}),
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.stop()

    def empty_bucket(self) -> None:
        self.call("POST", "/moto-api/reset")
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def call(self, method: str, path: str, body: bytes = b"") -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {"Content-Type": "text/plain"})
        if connection.getresponse().status != 200:
            raise RuntimeError(f"{method} {path} was not answered well")
        connection.close()

    def fill(self, objects: Mapping[str, bytes]) -> None:
        for path, content in objects.items():
            self.call("PUT", f"/{BUCKET}/{PREFIX}/{path}", content)

    def digests(self) -> dict[str, str]:
        """Every object of the bucket by its key without the prefix, with its MD5 as the server computed it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        found = {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", [])}
        return {key.removeprefix(f"{PREFIX}/"): digest for key, digest in found.items()}


def digests_of(objects: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.md5(content, usedforsecurity=False).hexdigest() for path, content in objects.items()}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    server = S3Server()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own: no credentials, endpoints or proxies but what a test sets."""
    import os

    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower() in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "writer-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "writer-secret")


def bucket_at(address: str, **changed: Any) -> Destination:
    given = {"name": "open-data", "url": f"s3://{BUCKET}/{PREFIX}", "endpoint": address, "region": "eu-west-1"}
    return Destination.model_validate(given | changed)


class Wire:
    """Stands between a client and the server, remembers each request, and can be cut."""

    def __init__(self, port: int) -> None:
        self.requests: list[str] = []
        #: From this request on (0 is the first) the line is dead; None: never. The request that cuts it is lost, or,
        #: where `is_answer_lost`, arrives without its answer coming back.
        self.cut_at: int | None = None
        self.is_answer_lost = False
        #: Whether only that one request is hit.
        self.is_mended_at_once = False
        self._port = port
        self._turn = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def mended(self) -> None:
        self.requests.clear()
        self.cut_at = None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with wire._turn:
                    number = len(wire.requests)
                    wire.requests.append(f"{self.command} {self.path}")
                    is_cut = wire.cut_at is not None and number >= wire.cut_at
                    if is_cut and wire.is_mended_at_once:
                        wire.cut_at = None
                if is_cut and not (wire.is_answer_lost and (wire.cut_at in {None, number})):
                    self.close_connection = True
                    return
                connection = HTTPConnection("127.0.0.1", wire._port, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if is_cut:
                    self.close_connection = True
                    return
                head = [f"HTTP/1.1 {answer.status} {answer.reason}"]
                passed = [
                    (name, value)
                    for name, value in answer.getheaders()
                    if name.lower() not in {"transfer-encoding", "content-length", "connection"}
                ]
                length = [] if answer.status == 204 else [("Content-Length", str(len(content)))]
                head += [f"{name}: {value}" for name, value in [*passed, *length]]
                self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

        return Handler


@contextmanager
def wire_to(server: S3Server) -> Iterator[Wire]:
    wire = Wire(server.port)
    try:
        yield wire
    finally:
        wire.stop()
