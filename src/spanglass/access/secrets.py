"""What a key's holder proves to know, derived from one secret of the server: a store that is stolen opens nothing.

The server's secret is a file of its own. Secrets of keys, bearer tokens and logins are HMACs by it over what they are
for, so of a key nothing but its name and rights is stored.
"""

import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

from spanglass.config import ConfigError

BYTES_MIN: Final = 32
"""Bytes of the server's secret."""
KEY_ID_PREFIX: Final = "SPAN"
_KEY_ID: Final = re.compile(rf"{KEY_ID_PREFIX}[A-Z2-7]{{16}}")
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def new_key_id() -> str:
    """Return an access key id of AWS's form, 80 bits of it random."""
    return KEY_ID_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(16))


class Secrets:
    """Derives and checks all that is secret."""

    def __init__(self, server_secret: bytes) -> None:
        self._server_secret = server_secret

    @classmethod
    def read(cls, path: Path) -> "Secrets":
        """Read the server's secret from its file.

        Raises:
            ConfigError: There is none, it cannot be read, or it is too short.
        """
        try:
            secret = path.read_bytes().strip()
        except FileNotFoundError:
            raise ConfigError(f"secret-file: there is no {path}; `spanglass keys create` makes it") from None
        except OSError as error:
            raise ConfigError(f"secret-file: {path} cannot be read: {error.strerror}") from None
        if len(secret) < BYTES_MIN:
            raise ConfigError(f"secret-file: {path} has less than {BYTES_MIN} bytes")
        return cls(secret)

    @classmethod
    def read_or_make(cls, path: Path) -> "Secrets":
        """Read the server's secret, after making it, for the owner's eyes only, if there is none.

        Raises:
            ConfigError: It can be neither read nor made, or is too short.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls.read(path)
        except OSError as error:
            raise ConfigError(f"secret-file: {path} cannot be made: {error.strerror}") from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(BYTES_MIN).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return cls.read(path)

    def secret(self, key_id: str) -> str:
        """Return the secret access key that belongs to a key's id."""
        return self._derived("secret access key", key_id)

    def token(self, key_id: str) -> str:
        """Return the bearer token of a key: its id and its secret."""
        return f"{key_id}.{self.secret(key_id)}"

    def key_of_token(self, token: str) -> str | None:
        """Return the id of the key whose token this is, None for anything else."""
        key_id, _, secret = token.partition(".")
        is_right = _KEY_ID.fullmatch(key_id) and hmac.compare_digest(self.secret(key_id).encode(), secret.encode())
        return key_id if is_right else None

    def login(self, key_id: str, until: int) -> str:
        """Return what a browser shows for a key until then, in seconds since the epoch."""
        return f"{key_id}.{until}.{self._derived('login', f'{key_id}.{until}')}"

    def key_of_login(self, login: str, now: float) -> str | None:
        """Return the id of the key that a login is for, None if it is over or none."""
        told, _, proof = login.rpartition(".")
        if not hmac.compare_digest(self._derived("login", told).encode(), proof.encode()):
            return None
        key_id, _, until = told.partition(".")
        return key_id if now < int(until) else None

    def _derived(self, purpose: str, what: str) -> str:
        return hmac.digest(self._server_secret, f"spanglass {purpose}\0{what}".encode(), "sha256").hex()
