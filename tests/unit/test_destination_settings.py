"""`[[destination]]` in cmn.toml: what is accepted, and which setting a refusal names."""

from pathlib import Path

import pytest

from home.settings.settings import load_settings
from refusals.errors import UsageError

BEGINNING = 'home = "home"\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "basic"\n'
ANOTHER = '[[destination]]\nname = "b"\n'


def written(folder: Path, destinations: str) -> Path:
    file = folder / "cmn.toml"
    file.write_text(BEGINNING + destinations)
    return file


def test_there_need_be_none(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "")).destinations == ()


def test_folders_and_buckets(tmp_path: Path) -> None:
    text = (
        '[[destination]]\nname = "disk"\nfolder = "published"\n'
        '[[destination]]\nname = "aws"\nurl = "s3://open-data/cmn/v1/"\nregion = "eu-west-1"\n'
        '[[destination]]\nname = "own-store"\nurl = "s3://open-data"\nendpoint = "http://localhost:9000"\n'
    )
    disk, aws, own = load_settings(written(tmp_path, text)).destinations
    assert (disk.name, disk.folder) == ("disk", tmp_path / "published")
    assert (aws.bucket, aws.prefix, aws.region, aws.endpoint) == ("open-data", "cmn/v1", "eu-west-1", None)
    assert (own.bucket, own.prefix, own.endpoint) == ("open-data", "", "http://localhost:9000")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('name = "a"\n', "destination.0' needs exactly one of 'folder' and 'url'"),
        ('name = "a"\nfolder = "x"\nurl = "s3://bkt"\n', "destination.0' needs exactly one of 'folder' and 'url'"),
        ('folder = "x"\n', "destination.0.name' is missing"),
        ('name = ""\nfolder = "x"\n', "destination.0.name' may hold letters"),
        ('name = "a b"\nfolder = "x"\n', "destination.0.name' may hold letters"),
        ('name = "a"\nfolder = "x"\nregion = "eu"\n', "destination.0' has a folder"),
        ('name = "a"\nfolder = "x"\nendpoint = "http://localhost"\n', "destination.0' has a folder"),
        ('name = "a"\nurl = "s3://bkt"\nbucket = "c"\n', "destination.0.bucket' is unknown"),
        ('name = "a"\nurl = "s3://bkt"\naccess_key_id = "c"\n', "destination.0.access_key_id' is unknown"),
        ('name = "a"\nurl = "https://b.example.org"\n', "destination.0.url' must start with s3://"),
        ('name = "a"\nurl = "s3://KEY:hunter2@b/c"\n', "destination.0.url' must hold no credentials"),
        ('name = "a"\nurl = "s3://KEY@b"\n', "destination.0.url' must hold no credentials"),
        ('name = "a"\nurl = "s3://bkt?secret_access_key=hunter2"\n', "destination.0.url' must hold no credentials"),
        ('name = "a"\nurl = "s3://"\n', "destination.0.url' must be like"),
        ('name = "a"\nurl = "s3://bkt/c//d"\n', "destination.0.url' must be like"),
        ('name = "a"\nurl = "s3://bkt/../c"\n', "destination.0.url' must be like"),
        ('name = "a"\nurl = "s3://bkt/c d"\n', "destination.0.url' must be like"),
        ('name = "a"\nurl = "s3://bkt/c#d"\n', "destination.0.url' must be like"),
        ('name = "a"\nurl = "s3://bkt"\nendpoint = "localhost:9000"\n', "destination.0.endpoint' must be like"),
        ('name = "a"\nurl = "s3://bkt"\nendpoint = "http://KEY:hunter2@h"\n', "endpoint' must hold no credentials"),
        ('name = "a"\nurl = "s3://bkt"\nregion = "EU west"\n', "destination.0.region' must be like eu-west-1"),
        ('name = "a"\nfolder = "home"\n', "destination.0.folder' must be neither in nor above the home"),
        ('name = "a"\nfolder = "home/releases"\n', "destination.0.folder' must be neither in nor above the home"),
        ('name = "a"\nfolder = "."\n', "destination.0.folder' must be neither in nor above the home"),
        ('name = "a"\nfolder = "x/../home/out"\n', "destination.0.folder' must be neither in nor above the home"),
        ('name = "a"\nfolder = "link/out"\n', "destination.0.folder' must be neither in nor above the home"),
        ('name = "b"\nfolder = "x"\n' + ANOTHER + 'folder = "y"\n', "destination.1.name' is the name of another"),
        ('name = "a"\nfolder = "x"\n' + ANOTHER + 'folder = "x"\n', "destination.1.folder' and destination 'a' lie"),
        ('name = "a"\nfolder = "x"\n' + ANOTHER + 'folder = "x/portal"\n', "destination.1.folder' and destination"),
        ('name = "a"\nurl = "s3://cup/d"\n' + ANOTHER + 'url = "s3://cup"\n', "destination.1.url' and destination 'a'"),
    ],
)
def test_a_wrong_one_is_named_without_its_secrets(tmp_path: Path, table: str, told: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with pytest.raises(UsageError) as refused:
        load_settings(written(tmp_path, f"[[destination]]\n{table}"))
    message = str(refused.value)
    assert told in message
    assert message.startswith(f"config {tmp_path / 'cmn.toml'}: setting '")
    assert "hunter2" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "tables",
    [
        'name = "a"\nfolder = "x"\n' + ANOTHER + 'folder = "x2"\n',
        'name = "a"\nurl = "s3://cup/d"\n' + ANOTHER + 'url = "s3://cup/d2"\n',
        'name = "a"\nurl = "s3://cup"\n' + ANOTHER + 'url = "s3://cup"\nendpoint = "http://localhost"\n',
        'name = "a"\nfolder = "homes"\n',
    ],
)
def test_neighbours_are_no_mistake(tmp_path: Path, tables: str) -> None:
    assert load_settings(written(tmp_path, f"[[destination]]\n{tables}")).destinations


def test_one_table_instead_of_a_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="setting 'destination' must be a list"):
        load_settings(written(tmp_path, '[destination]\nname = "a"\nfolder = "x"\n'))
