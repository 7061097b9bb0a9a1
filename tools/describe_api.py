"""Print the JSON API's own description, of which the viewer's types are made: ``python -m tools.describe_api``."""

import json

from spanglass.viewer import api


def description() -> str:
    """Return the description as a text that changes only where the API does."""
    return json.dumps(api.description(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(description(), end="")  # noqa: T201 (what it is for)
