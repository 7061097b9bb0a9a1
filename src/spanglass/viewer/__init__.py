"""The JSON API under /api that the viewer and the command line read."""

from spanglass.viewer.api import routes

__all__ = ["routes"]
