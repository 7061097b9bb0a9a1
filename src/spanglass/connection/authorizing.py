"""As whom a server is asked: nobody, who has a key's bearer token, or who signs as AWS's clients do."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from spanglass.config import ConfigError

SERVICE: Final = "wisdom"
"""The name that AWS's clients sign ``qconnect`` requests for."""
REGION: Final = "us-east-1"
"""The region that is signed for where nobody names one."""
Authorize: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]
"""Takes method, URL, headers and body of a request, and returns its headers with what tells who sends it."""


def nobody(_method: str, _url: str, headers: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
    """Leave a request as it is."""
    return headers


def bearer(token: str) -> Authorize:
    """Return what shows a key's bearer token.

    Raises:
        ConfigError: It cannot stand in a header.
    """
    if not (token.isascii() and token.isprintable()):
        raise ConfigError("api-key: the bearer token holds characters that no token has")

    def authorize(_method: str, _url: str, headers: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
        return {**headers, "authorization": f"Bearer {token}"}

    return authorize


class Signer:
    """Signs requests (SigV4) with the credentials that botocore finds: of the environment, of a profile, of a role."""

    def __init__(self, profile: str, region: str) -> None:
        """Look for credentials, under an AWS profile if one is named.

        Raises:
            ConfigError: There are none, or botocore is not installed.
        """
        try:
            import botocore.session  # noqa: PLC0415 (an extra, and slow to import)
            from botocore.exceptions import BotoCoreError  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                "sign: botocore signs requests; install it with: pip install 'spanglass[client]'"
            ) from None
        try:
            session = botocore.session.Session(profile=profile or None)
            self._credentials: Any = session.get_credentials()
            self._region = region or session.get_config_variable("region") or REGION
        except BotoCoreError as error:
            raise ConfigError(f"sign: {error}") from None
        if self._credentials is None:
            raise ConfigError("sign: there are no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """Sign a request; see ``Authorize``."""
        from botocore.auth import SigV4Auth  # noqa: PLC0415 (see above)
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415

        request = AWSRequest(method, url, dict(headers), body)
        SigV4Auth(self._credentials, SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
