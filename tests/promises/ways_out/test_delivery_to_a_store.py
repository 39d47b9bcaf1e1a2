"""A destination in an S3-compatible store comes to hold what the home published, whatever interrupts the delivery."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from refusals.errors import DeliveryFailed, DeliveryRefused, Refusal, UsageError
from releases.destinations import bucket_store
from releases.destinations.destination import Delivered, check_destination
from releases.publishing import publisher
from tests.worlds.delivery_world import (
    BUCKET,
    CORRECTED,
    FIRST,
    HOURS,
    PREFIX,
    SECOND,
    PublishedHome,
    S3Server,
    Wire,
    bucket_at,
    credentials,
    deliver,
    digests_of,
    first_state,
    s3,
    second_state,
    to_be_delivered,
    torn,
    wire_to,
)

__all__ = ["credentials", "s3"]
pytestmark = pytest.mark.usefixtures("credentials")


@pytest.fixture
def world(tmp_path: Path) -> PublishedHome:
    world = PublishedHome(tmp_path / "home")
    first_state(world)
    return world


@pytest.fixture
def wire(s3: S3Server) -> Iterator[Wire]:
    s3.empty_bucket()
    with wire_to(s3) as wire:
        yield wire


@pytest.mark.clause("out-destination")
def test_a_fresh_delivery_is_the_home_byte_for_byte(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    delivered = deliver(world.home, bucket_at(wire.address))
    expected = to_be_delivered(world.home)
    assert s3.digests() == digests_of(expected)
    sizes = sum(len(content) for content in expected.values())
    assert delivered == Delivered(releases=2, sent=len(expected), sent_bytes=sizes, deleted=0)
    for path, content in expected.items():
        assert s3.client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}")["Body"].read() == content


def test_without_a_prefix_it_is_the_whole_bucket(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address, url=f"s3://{BUCKET}"))
    assert s3.digests() == digests_of(to_be_delivered(world.home))


def test_nothing_new_costs_two_requests(world: PublishedHome, wire: Wire) -> None:
    deliver(world.home, bucket_at(wire.address))
    wire.mended()
    assert deliver(world.home, bucket_at(wire.address)) == Delivered()
    assert [request.split()[0] for request in wire.requests] == ["GET", "GET"]


def test_only_what_is_new_is_sent(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address))
    before = to_be_delivered(world.home)
    second_state(world)
    after = to_be_delivered(world.home)
    wire.mended()
    delivered = deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == digests_of(after)
    new = {path for path, content in after.items() if before.get(path) != content}
    gone = set(before) - set(after)
    assert (delivered.releases, delivered.sent, delivered.deleted) == (3, len(new), len(gone))
    put = {request.split()[1].split(f"{PREFIX}/")[1] for request in wire.requests if request.startswith("PUT")}
    deleted = {request.split()[1].split(f"{PREFIX}/")[1] for request in wire.requests if request.startswith("DELETE")}
    assert (put, deleted) == (new, gone)


def test_a_portal_alone_that_changed_is_sent(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address))
    (world.home.portal / "datasets" / "age.html").write_text("<!doctype html>new words\n")
    world.name_files()
    assert deliver(world.home, bucket_at(wire.address)).sent == 2, "the page, and what names it"
    assert s3.digests() == digests_of(to_be_delivered(world.home))


def test_objects_say_what_they_are(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address))
    for path, wanted in {
        "portal/index.html": "text/html; charset=utf-8",
        "portal/assets/style.css": "text/css; charset=utf-8",
        "portal/assets/chart.js": "text/javascript; charset=utf-8",
        "releases/catalogue.jsonld": "application/ld+json",
        "releases/ledger.jsonl": "application/x-ndjson",
        f"releases/{SECOND}/data.csv": "text/csv; charset=utf-8",
        f"releases/{SECOND}/data.parquet": "application/vnd.apache.parquet",
        f"releases/{SECOND}/README.md": "text/markdown; charset=utf-8",
        f"releases/{SECOND}/ledger-entry.json": "application/json",
        f"releases/{SECOND}/CHECKSUMS.sha256": "text/plain; charset=utf-8",
    }.items():
        assert s3.client.head_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}")["ContentType"] == wanted, path


@pytest.mark.clause("out-destination")
@pytest.mark.parametrize("is_answer_lost", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "new version and withdrawal"])
def test_cut_at_every_request_and_tried_again(  # noqa: PLR0917  # two cases, four fixtures
    world: PublishedHome,
    wire: Wire,
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    is_fresh: bool,
    is_answer_lost: bool,
) -> None:
    monkeypatch.setattr(bucket_store, "MAX_RETRIES", 0)
    before: dict[str, bytes] = {}
    if not is_fresh:
        before = to_be_delivered(world.home)
        second_state(world)
    after = to_be_delivered(world.home)
    contents_by_digest = {
        digest: content
        for state in (before, after)
        for digest, content in zip(digests_of(state).values(), state.values(), strict=True)
    }
    destination = bucket_at(wire.address)
    wire.is_answer_lost = is_answer_lost
    for number in range(1000):
        s3.empty_bucket()
        s3.fill(before)
        wire.mended()
        wire.cut_at = number
        try:
            deliver(world.home, destination)
        except DeliveryFailed:
            wire.mended()
        else:
            break
        seen = {path: contents_by_digest[digest] for path, digest in s3.digests().items()}
        assert torn(seen, before, after) == [], number
        deliver(world.home, destination)
        assert s3.digests() == digests_of(after), number
    assert number > 25


def test_one_lost_request_is_sent_again_by_itself(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    for is_answer_lost in (False, True):
        s3.empty_bucket()
        wire.mended()
        wire.is_mended_at_once, wire.is_answer_lost, wire.cut_at = True, is_answer_lost, 7
        deliver(world.home, bucket_at(wire.address))
        assert s3.digests() == digests_of(to_be_delivered(world.home))


def test_another_object_in_a_release_is_refused_and_stays(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address))
    second_state(world)
    s3.fill({f"releases/{HOURS}/data.csv": b"region_code,users\nNL-NH,3\n"})
    with pytest.raises(DeliveryRefused, match=f"releases/{HOURS}/data.csv there is not") as refused:
        deliver(world.home, bucket_at(wire.address))
    assert refused.value.exit_code == 1
    held = s3.client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/releases/{HOURS}/data.csv")["Body"].read()
    assert held == b"region_code,users\nNL-NH,3\n"
    there = s3.digests()
    # The withdrawal went through all the same; of the new release before it, nothing is there.
    assert f"releases/{FIRST}/TOMBSTONE.json" in there
    assert f"releases/{FIRST}/data.csv" not in there
    assert not any(path.startswith(f"releases/{CORRECTED}/") for path in there)
    assert there["releases/ledger.jsonl"] != digests_of(to_be_delivered(world.home))["releases/ledger.jsonl"]


def test_an_object_too_many_in_a_release_is_refused(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    deliver(world.home, bucket_at(wire.address))
    second_state(world)
    s3.fill({f"releases/{CORRECTED}/more.csv": b"x"})
    with pytest.raises(DeliveryRefused, match=r"more\.csv"):
        deliver(world.home, bucket_at(wire.address))


def test_an_object_made_in_the_meantime_is_not_overwritten(
    world: PublishedHome, wire: Wire, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bucket_store.BucketStore.create

    def create(store: bucket_store.BucketStore, path: str, content: bytes) -> bool:
        if path == f"releases/{SECOND}/data.csv":
            s3.fill({path: b"theirs"})
        return put(store, path, content)

    monkeypatch.setattr(bucket_store.BucketStore, "create", create)
    with pytest.raises(DeliveryRefused, match=f"{SECOND}/data.csv"):
        deliver(world.home, bucket_at(wire.address))
    assert s3.client.get_object(Bucket=BUCKET, Key=f"{PREFIX}/releases/{SECOND}/data.csv")["Body"].read() == b"theirs"


def test_a_ledger_that_is_ahead_is_not_rolled_back(
    world: PublishedHome, wire: Wire, s3: S3Server, tmp_path: Path
) -> None:
    older = PublishedHome(tmp_path / "backup")
    first_state(older)
    second_state(world)
    deliver(world.home, bucket_at(wire.address))
    there = s3.digests()
    with pytest.raises(DeliveryRefused, match="has 5 entries, and this home's ledger has 2"):
        deliver(older.home, bucket_at(wire.address))
    with pytest.raises(DeliveryRefused, match="has published nothing yet"):
        deliver(PublishedHome(tmp_path / "empty").home, bucket_at(wire.address))
    # Having published something else since, it has as many entries, but others.
    for number in range(3):
        older.publish(f"ga4_engagement/2026-W{number + 10}-v1")
    with pytest.raises(DeliveryRefused, match="not the beginning of this home's ledger"):
        deliver(older.home, bucket_at(wire.address))
    assert s3.digests() == there


@pytest.mark.parametrize("path", ["portal/index.html", "releases/usage/1/data.csv", "releases/public-key.pem"])
def test_a_place_with_somebody_elses_objects_is_left_alone(
    world: PublishedHome, wire: Wire, s3: S3Server, path: str
) -> None:
    s3.fill({path: b"theirs"})
    with pytest.raises(DeliveryRefused, match=f"{path} there is not this home's"):
        deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == digests_of({path: b"theirs"})


def test_objects_beside_the_two_folders_are_nobodys_business(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    s3.fill({"other/readme.txt": b"theirs", "releases.txt": b"theirs"})
    s3.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/releases/", Body=b"")
    s3.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/portal/", Body=b"")
    beside = s3.digests()
    deliver(world.home, bucket_at(wire.address))
    second_state(world)
    deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == {**beside, **digests_of(to_be_delivered(world.home))}


def test_nothing_is_sent_before_the_first_release(wire: Wire, s3: S3Server, tmp_path: Path) -> None:
    world = PublishedHome(tmp_path / "new")
    world.show({"index.html": "Nothing yet"})
    (world.home.releases / "catalogue.jsonld").unlink()
    assert deliver(world.home, bucket_at(wire.address)) == Delivered()
    assert s3.digests() == {}


def test_a_large_file_is_one_request(wire: Wire, s3: S3Server, tmp_path: Path) -> None:
    """The parts of a multipart upload that was cut off would stay in the bucket, unseen."""
    world = PublishedHome(tmp_path / "large")
    world.publish(FIRST, parquet_bytes=11 * 2**20)
    world.show({"index.html": "All"})
    (world.home.portal / "assets" / "all.js").write_bytes(b"x" * 11 * 2**20)
    world.name_files()
    deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == digests_of(to_be_delivered(world.home))
    assert {request.split()[0] for request in wire.requests} == {"GET", "PUT"}


def test_a_missing_object_is_sent_again_once_the_ledger_there_is_removed(
    world: PublishedHome, wire: Wire, s3: S3Server
) -> None:
    """What the documents tell an operator whose store lost something."""
    deliver(world.home, bucket_at(wire.address))
    for path in (f"releases/{FIRST}/data.csv", "releases/ledger.jsonl"):
        s3.client.delete_object(Bucket=BUCKET, Key=f"{PREFIX}/{path}")
    assert deliver(world.home, bucket_at(wire.address)).sent == 2
    assert s3.digests() == digests_of(to_be_delivered(world.home))


@pytest.mark.parametrize("name", ["data.csv", "CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "more.csv"])
def test_a_release_that_is_not_as_it_was_signed_stays_here(
    world: PublishedHome, wire: Wire, s3: S3Server, name: str
) -> None:
    file = world.home.releases / SECOND / name
    if name.endswith(".sig"):
        file.unlink()
    else:
        file.write_bytes(b"changed")
    with pytest.raises(DeliveryRefused, match=rf"{SECOND} is not as it was signed \('?{name}"):
        deliver(world.home, bucket_at(wire.address))
    assert set(s3.digests()) == {"releases/public-key.pem"}


def test_a_withdrawal_that_is_not_finished_here_is_not_delivered(
    world: PublishedHome, wire: Wire, s3: S3Server
) -> None:
    second_state(world)
    (world.home.releases / FIRST / "CHECKSUMS.sha256").write_bytes(b"left over")
    with pytest.raises(DeliveryRefused, match=rf"{FIRST} is not as it was signed"):
        deliver(world.home, bucket_at(wire.address))


def test_a_withdrawal_whose_files_are_still_here_is_not_delivered(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(publisher, "lay_tombstone", lambda *_: None)
        world.withdraw(FIRST)
    with pytest.raises(DeliveryRefused, match=rf"{FIRST} is withdrawn, but its files are still here"):
        deliver(world.home, bucket_at(wire.address))


def test_a_link_in_the_portal_is_not_followed(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    (world.home.portal / "keys").symlink_to(world.home.keys)
    with pytest.raises(DeliveryRefused, match="is a link"):
        deliver(world.home, bucket_at(wire.address))


def test_where_the_server_tells_no_md5_objects_are_read_and_compared(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch, s3: S3Server
) -> None:
    monkeypatch.setattr(bucket_store, "_md5", lambda e_tag: "0" * 32)  # as of an encrypted object
    deliver(world.home, bucket_at(wire.address))
    assert deliver(world.home, bucket_at(wire.address)) == Delivered()
    other = b"x" * (world.home.portal / "index.html").stat().st_size
    s3.client.put_object(Bucket=BUCKET, Key=f"{PREFIX}/portal/index.html", Body=other)
    assert deliver(world.home, bucket_at(wire.address)).sent == 1


def test_a_store_without_conditional_writes_will_do(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch, s3: S3Server
) -> None:
    put = bucket_store.obstore.put

    def without_conditions(*arguments: object, **options: object) -> object:
        if options.get("mode") == "create":
            raise bucket_store.BaseError("Server returned non-2xx status code: 501 Not Implemented")
        return put(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(bucket_store.obstore, "put", without_conditions)
    deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == digests_of(to_be_delivered(world.home))


def failure(world: PublishedHome, destination: object) -> Refusal:
    with pytest.raises(Refusal) as delivering:
        deliver(world.home, destination)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as checking:
        check_destination(destination)  # type: ignore[arg-type]
    assert type(checking.value) is type(delivering.value)
    message = str(delivering.value)
    assert "\n" not in message
    assert "'open-data'" in message
    assert "writer-" not in message
    assert delivering.value.__suppress_context__ or delivering.value.__context__ is None
    return delivering.value


def test_a_server_that_is_down_is_exit_1(world: PublishedHome, s3: S3Server) -> None:
    with wire_to(s3) as wire:
        address = wire.address
    refusal = failure(world, bucket_at(address))
    assert isinstance(refusal, DeliveryFailed)
    assert refusal.exit_code == 1
    assert f"{address} could not be reached" in str(refusal)


def test_a_dead_line_is_tried_three_times(world: PublishedHome, wire: Wire) -> None:
    wire.cut_at = 0
    assert isinstance(failure(world, bucket_at(wire.address)), DeliveryFailed)
    assert len(wire.requests) == 2 * (1 + bucket_store.MAX_RETRIES)  # by the delivery and by the check


def test_nonsense_in_the_environment_is_exit_2(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DISABLE_TAGGING", "writer-secret")
    assert isinstance(failure(world, bucket_at(wire.address)), UsageError)
    assert wire.requests == []


def test_a_server_that_never_answers_is_given_up(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr(bucket_store, "REQUEST_TIMEOUT", timedelta(seconds=1))
    monkeypatch.setattr(bucket_store, "RETRY_TIMEOUT", timedelta(seconds=1))
    with wire._turn:  # every request waits for its turn
        assert isinstance(failure(world, bucket_at(wire.address)), DeliveryFailed)


def test_a_wrong_bucket_is_exit_2(world: PublishedHome, wire: Wire) -> None:
    refusal = failure(world, bucket_at(wire.address, url="s3://nobodys-bucket"))
    assert isinstance(refusal, UsageError)
    assert "the bucket does not exist: make it, or mend 'url'" in str(refusal)


def test_wrong_credentials_are_exit_2(world: PublishedHome, wire: Wire, s3: S3Server) -> None:
    s3.call("POST", "/moto-api/reset-auth", b"0")
    try:
        refusal = failure(world, bucket_at(wire.address))
    finally:
        s3.call("POST", "/moto-api/reset-auth", b"inf")
    assert isinstance(refusal, UsageError)
    assert "the credentials are not accepted: mend AWS_ACCESS_KEY_ID" in str(refusal)
    assert len(wire.requests) == 2  # no storm: one for the delivery, one for the check


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("status code: 403 Forbidden: <Error><Code>AccessDenied</Code></Error>", "access is denied"),
        ("status code: 403 Forbidden: no XML", "access is denied"),
        ("status code: 301: <Error><Code>PermanentRedirect</Code></Error>", "mend 'region'"),
        ("status code: 400: <Error><Code>AuthorizationHeaderMalformed</Code></Error>", "mend 'region'"),
        ("status code: 403: <Error><Code>RequestTimeTooSkewed</Code></Error>", "clock"),
        ("status code: 404 Not Found", "mend 'url' or 'endpoint'"),
    ],
)
def test_what_a_person_has_to_mend_is_exit_2(
    world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch, answer: str, told: str
) -> None:
    def refuse(*_: object) -> None:
        raise bucket_store.BaseError(f"writer-key: {answer}")

    monkeypatch.setattr(bucket_store.obstore, "list_with_delimiter", refuse)
    refusal = failure(world, bucket_at(wire.address))
    assert isinstance(refusal, UsageError)
    assert told in str(refusal)


def test_a_server_error_may_pass(world: PublishedHome, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise bucket_store.BaseError("status code: 503 Slow Down: <Error><Code>SlowDown</Code></Error>")

    monkeypatch.setattr(bucket_store.obstore, "list_with_delimiter", refuse)
    refusal = failure(world, bucket_at(wire.address))
    assert isinstance(refusal, DeliveryFailed)
    assert "answered with 503" in str(refusal)


def test_the_check_leaves_nothing_behind(wire: Wire, s3: S3Server) -> None:
    check_destination(bucket_at(wire.address))
    assert s3.digests() == {}
    assert any(request.startswith("PUT") for request in wire.requests)


def test_what_the_check_could_not_remove_is_named(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise bucket_store.BaseError("status code: 403 Forbidden: <Error><Code>AccessDenied</Code></Error>")

    monkeypatch.setattr(bucket_store.obstore, "delete", refuse)
    with pytest.raises(UsageError, match=r"access is denied.*could be made there, but not removed"):
        check_destination(bucket_at(wire.address))


def test_the_configs_endpoint_wins_over_the_environments(
    world: PublishedHome, wire: Wire, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_BUCKET", "another")
    monkeypatch.setenv("AWS_REGION", "us-east-2")
    deliver(world.home, bucket_at(wire.address))
    assert s3.digests() == digests_of(to_be_delivered(world.home))


# That the walk's own eyes see: states that must never be, made by hand.


def states(tmp_path: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    world = PublishedHome(tmp_path / "states")
    first_state(world)
    before = to_be_delivered(world.home)
    second_state(world)
    return before, to_be_delivered(world.home)


@pytest.mark.parametrize(
    ("sent", "removed", "fault"),
    [
        ([f"releases/{CORRECTED}/ledger-entry.json"], [], "its ledger entry is there before the rest"),
        ([f"releases/{CORRECTED}/CHECKSUMS.sha256"], [], "its checksums are there before the data"),
        ([], [f"releases/{FIRST}/data.csv"], "touched before the tombstone was there"),
        (["releases/catalogue.jsonld"], [], "the catalogue is there before the releases"),
        (["portal/assets/chart.js"], [], "the portal is there before the catalogue"),
        (["portal/datasets/age.html"], [], "a page is there before what it shows"),
        (["portal/index.html"], [], "the first page is there before the others"),
        (["releases/ledger.jsonl"], [], "the ledger is there before the rest"),
    ],
)
def test_a_planted_torn_state_is_seen(tmp_path: Path, sent: list[str], removed: list[str], fault: str) -> None:
    before, after = states(tmp_path)
    there = {path: content for path, content in before.items() if path not in removed}
    there |= {path: after[path] for path in sent}
    assert any(fault in found for found in torn(there, before, after))
    assert torn(before, before, after) == []
    assert torn(after, before, after) == []
    assert f"releases/{SECOND}/data.csv" in torn({**before, f"releases/{SECOND}/data.csv": b"other"}, before, after)
