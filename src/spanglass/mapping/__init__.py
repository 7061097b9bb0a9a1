"""OpenTelemetry spans to QConnect spans: identity, role, members, messages, all within the service model's limits.

``Mapper`` is the way in. What a record keeps beside the members is laid down in ``mapping.detail``; what the spans of a
trace tell about each other is ``mapping.relations``, and what log records tell about their span ``mapping.joining``.
"""

from spanglass.mapping.mapper import Mapper

__all__ = ["Mapper"]
