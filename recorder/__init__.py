"""Records what agent frameworks export over OTLP, each export with the truth of what happened meanwhile."""
