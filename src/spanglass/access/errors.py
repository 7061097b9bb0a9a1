"""Why a request is not let in; each face words these in its protocol's form.

AccessError
|-- ForbiddenError              known, but may not do this
|-- ForeignSiteError            another web site's page, or a Host name that is not this server's
|-- ThrottledError              may do this later
`-- UnauthenticatedError        not known
|-- MissingCredentialsError
|-- MalformedCredentialsError
|-- UnknownKeyError
`-- SignatureError
"""


class AccessError(Exception):
    """The request is not let in; the message tells the client why and is fit to be seen."""


class ForbiddenError(AccessError):
    """The caller may not do this here."""


class ForeignSiteError(AccessError):
    """A browser sent this for a page of another site, or to a name that is not this server's."""


class ThrottledError(AccessError):
    """The caller asks too often; the same request may succeed after ``retry_after_ms`` milliseconds."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("Rate exceeded")
        self.retry_after_ms = retry_after_ms

    @property
    def retry_after_seconds(self) -> int:
        """The wait in whole seconds, at least one."""
        return max(1, -(-self.retry_after_ms // 1000))


class UnauthenticatedError(AccessError):
    """Nobody knows who asks."""


class MissingCredentialsError(UnauthenticatedError):
    """The request names no key."""

    def __init__(self) -> None:
        super().__init__("Missing Authentication Token")


class MalformedCredentialsError(UnauthenticatedError):
    """What should tell who asks cannot be read."""


class UnknownKeyError(UnauthenticatedError):
    """There is no such key, or it was revoked, or its secret is another."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class SignatureError(UnauthenticatedError):
    """The signature is not this request's, is not of this time, or is for something else."""
