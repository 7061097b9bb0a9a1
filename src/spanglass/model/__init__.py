"""The Span and all in it, as plain data: what everything else speaks of. Imports nothing of ours."""
