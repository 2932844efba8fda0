"""The section ``[api]``: checked by name, kept for later starts, and second to what was said on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live import paper_book
from quantrl.cli.paper.serving import Wish
from quantrl.errors import ConfigError
from quantrl.live.api_options import NAME, ApiOptions
from quantrl.live.config import PaperConfig

GIVEN: dict[str, Any] = {
    "enabled": True,
    "host": "0.0.0.0",
    "port": 0,
    "allow_remote": True,
    "allow_host": ["desk.example"],
    "behind_proxy": True,
}


def test_it_is_kept_and_read_again(tmp_path: Path) -> None:
    assert ApiOptions.read(tmp_path) == ApiOptions()
    options = ApiOptions.of(GIVEN)
    options.write(tmp_path)
    assert ApiOptions.read(tmp_path) == options
    assert options.port == 0
    for text in ("", "[]", "3", '{"port": "8600"}', '{"door": 1}'):
        (tmp_path / NAME).write_text(text)
        with pytest.raises(ConfigError, match=NAME):
            ApiOptions.read(tmp_path)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"door": 1}, "unknown key 'api.door'; known here: enabled, host, port"),
        ({"enabled": 1}, "api.enabled: expected true or false, got 1"),
        ({"port": True}, "api.port: expected a whole number, got True"),
        ({"port": "8600"}, "api.port: expected a whole number"),
        ({"host": 3}, "api.host: expected text"),
        ({"allow_host": "desk.example"}, "api.allow_host: expected a list of text"),
        ({"allow_host": [3]}, "api.allow_host: expected a list of text"),
        ({"tls_cert": "a.pem"}, "api.tls_cert: expected an absolute path"),
    ],
)
def test_what_does_not_fit_names_its_key(raw: dict[str, Any], words: str) -> None:
    for check in (ApiOptions.of, lambda raw: paper_book.config(api=raw)):
        with pytest.raises(ConfigError, match=words):
            check(raw)


def test_it_is_hot() -> None:
    assert paper_book.config(api=GIVEN).cold() == paper_book.config().cold()
    again = PaperConfig.of(paper_book.config(api=GIVEN).model_dump(mode="json"))
    assert again.api == GIVEN


def test_the_command_line_goes_first(tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text(
        '[api]\nenabled = true\nhost = "127.0.0.2"\nport = 7000\nallow_host = ["one.example"]\n'
    )
    assert Wish().with_section(tmp_path, config) == Wish(
        True, False, 7000, "127.0.0.2", False, ("one.example",)
    )
    said = Wish(port=7001, host="127.0.0.3", allow_host=("two.example",)).with_section(tmp_path, config)
    assert (said.api, said.port, said.host, said.allow_host) == (True, 7001, "127.0.0.3", ("two.example",))
    config.write_text("[api]\nport = 7000\n")
    assert Wish().with_section(tmp_path, config) == Wish()
    assert Wish(api=True).with_section(tmp_path, config).port == 7000
    config.write_text("[api\n")  # who reads all of it says what is wrong
    assert Wish().with_section(tmp_path, config) == Wish()
    ApiOptions.of({"enabled": True, "port": 0}).write(tmp_path)
    assert Wish().with_section(tmp_path, None) == Wish(True, port=0)
