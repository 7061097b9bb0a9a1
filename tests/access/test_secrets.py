"""The server's secret and what is derived from it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass.access.secrets import Secrets, new_key_id
from spanglass.config import ConfigError

SECRETS = Secrets(b"a server's secret of at least 32 bytes")
OTHERS = Secrets(b"another server's secret of 32 bytes or more")
KEY_ID = "SPANABCDEFGHIJKLMNOP"


def test_a_key_id_is_like_aws_own() -> None:
    """Ids are 20 upper-case letters and digits, and no two are the same."""
    ids = {new_key_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(key_id) == 20 and key_id.isalnum() and key_id.isupper() for key_id in ids)


def test_a_secret_is_always_the_same() -> None:
    """All servers with one secret derive the same from it, and others something else."""
    assert SECRETS.secret(KEY_ID) == Secrets(SECRETS._server_secret).secret(KEY_ID)
    derived = {
        SECRETS.secret(KEY_ID),
        SECRETS.secret(new_key_id()),
        OTHERS.secret(KEY_ID),
        SECRETS.login(KEY_ID, 1).rpartition(".")[2],
    }
    assert len(derived) == 4


def test_a_token_names_its_key() -> None:
    """A token is known again, one of another server is not."""
    key_id = new_key_id()
    assert SECRETS.key_of_token(SECRETS.token(key_id)) == key_id
    assert OTHERS.key_of_token(SECRETS.token(key_id)) is None
    assert SECRETS.key_of_token(SECRETS.token("x")) is None  # no id of ours


@given(st.text() | st.just(SECRETS.token(KEY_ID)), st.integers(0, 90), st.characters(max_codepoint=255))
def test_no_other_token_names_one(text: str, at: int, put: str) -> None:
    """Whatever is no token, or differs from one in a character, names no key."""
    changed = text[:at] + put + text[at + 1 :]
    if changed != SECRETS.token(KEY_ID):
        assert SECRETS.key_of_token(changed) is None


@given(st.text() | st.just(SECRETS.login(KEY_ID, 2_000)), st.integers(0, 99), st.characters(max_codepoint=255))
def test_no_other_login_is_one(text: str, at: int, put: str) -> None:
    """Whatever is no login, or differs from one in a character, its end of time included, names no key."""
    changed = text[:at] + put + text[at + 1 :]
    if changed != SECRETS.login(KEY_ID, 2_000):
        assert SECRETS.key_of_login(changed, 1_000) is None


def test_a_login_ends() -> None:
    """A login names its key until its time is over."""
    login = SECRETS.login(KEY_ID, 2_000)
    assert SECRETS.key_of_login(login, 1_999.9) == KEY_ID
    assert SECRETS.key_of_login(login, 2_000) is None
    assert OTHERS.key_of_login(login, 1_000) is None


def test_the_servers_secret_is_made_once(tmp_path: Path) -> None:
    """The file is made with a new secret, for its owner alone, and read from then on."""
    path = tmp_path / "secret"
    made = Secrets.read_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = [Secrets.read(path), Secrets.read_or_make(path)]
    assert {each.secret(KEY_ID) for each in (made, *again)} == {made.secret(KEY_ID)}
    assert Secrets.read_or_make(tmp_path / "other").secret(KEY_ID) != made.secret(KEY_ID)


def test_a_secret_that_is_not_there_is_told(tmp_path: Path) -> None:
    """What is missing, too short or unreadable is named, with what to do."""
    with pytest.raises(ConfigError, match=r"there is no .*; `spanglass keys create` makes it"):
        Secrets.read(tmp_path / "none")
    (tmp_path / "short").write_text("x" * 31)
    with pytest.raises(ConfigError, match="less than 32 bytes"):
        Secrets.read_or_make(tmp_path / "short")
    with pytest.raises(ConfigError, match="cannot be read"):
        Secrets.read(tmp_path)
    with pytest.raises(ConfigError, match="cannot be made"):
        Secrets.read_or_make(tmp_path / "none" / "secret")
