"""Sessions as files: one format a file, each written and read as a stream, so that memory does not grow with it."""
