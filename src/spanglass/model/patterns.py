"""The patterns that names on the wire share."""

from typing import Final

UUID: Final = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
ARN: Final = rf"arn:[a-z-]*?:wisdom:[a-z0-9-]*?:[0-9]{{12}}:[a-z-]*?/{UUID}(?:/{UUID}){{0,2}}"
QUALIFIER: Final = "(:[A-Z0-9_$]+){0,1}"
"""A version's number, or ``$LATEST``."""
