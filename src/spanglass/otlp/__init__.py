"""OTLP in: HTTP and gRPC receive a body, a codec reads it into telemetry, the recorder keeps it."""
