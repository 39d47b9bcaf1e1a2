"""What people type into releases.toml: words are taken as words, addresses that commands cannot hold are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from policy.policy import load_policy
from policy.release_policy import DatasetPolicy, ReleasePolicy
from releases.files.snippets import snippets
from tests.worlds.hostile_texts import HOSTILE


def policy_with(**changes: Any) -> ReleasePolicy:
    return ReleasePolicy.model_validate(load_policy().releases.model_dump() | changes)


@pytest.mark.parametrize(
    "base_url", ["", "https://data.example", "http://localhost:8000/a/b", "https://[::1]:8/~x/a%20b"]
)
def test_addresses_that_are_served_are_taken(base_url: str) -> None:
    policy = policy_with(base_url=base_url)
    folder = f"{policy.base_url}/releases/"
    for line in snippets(["region_code"], folder).values():
        assert folder in line


@pytest.mark.parametrize(
    "tail",
    ["'", '"', "\\", "`", "$HOME", "${x}", "$(x)", "\n", " ", "\t", "<", ">", "(", ")", "{", "}", ";", "|", "&x", "*",
     "!", "?q=1", "#f", "@h", "\u202e", "\u00e9", "/", "''); drop table x; --"],
)  # fmt: skip
def test_addresses_that_mean_something_in_a_command_or_a_page_are_refused(tail: str) -> None:
    for base_url in (f"https://data.example/a{tail}", f"https://data.example{tail}", f"https://a{tail}b.example"):
        if base_url == "https://a/b.example":
            continue
        with pytest.raises(ValidationError, match="base_url"):
            policy_with(base_url=base_url)
    if tail not in ("/", "#f"):
        with pytest.raises(ValidationError, match="licence_url"):
            policy_with(licence_url=f"https://licence.example/a{tail}")
    if tail not in ("?q=1",):
        with pytest.raises(ValidationError, match="contact"):
            policy_with(contact=f"info{tail}@data.example" if tail != "@h" else "info@h@data.example")


@pytest.mark.parametrize("field", ["title", "title_nl", "description", "description_nl"])
@pytest.mark.parametrize("text", HOSTILE)
def test_words_are_taken_as_words_on_one_line(field: str, text: str) -> None:
    declared = load_policy().releases.dataset[0].model_dump()
    assert getattr(DatasetPolicy.model_validate(declared | {field: text}), field) == " ".join(text.split())


@pytest.mark.parametrize("sign", ["\u202e", "\u0007", "\u200b", "\ue000", "\u0000"])
def test_signs_that_cannot_be_shown_are_refused(sign: str) -> None:
    declared = load_policy().releases.dataset[0].model_dump()
    for field in ("title", "title_nl", "description", "description_nl"):
        with pytest.raises(ValidationError, match="cannot be shown"):
            DatasetPolicy.model_validate(declared | {field: f"a{sign}b"})
    for field in ("publisher", "licence"):
        with pytest.raises(ValidationError, match="cannot be shown"):
            policy_with(**{field: f"a{sign}b"})
