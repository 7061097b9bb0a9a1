"""Spanglass records what AI agents did and answers AWS QConnect's ListSpans, self-hosted."""

from importlib.metadata import version

__version__ = version(__name__)
