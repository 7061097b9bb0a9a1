"""``make demo``: recorded agent sessions go in over OTLP, boto3 reads them back, the server stays up."""
