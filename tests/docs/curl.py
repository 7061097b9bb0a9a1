"""What the documents use of curl, for machines without it: ``curl -s URL [-H HEADER]… [-d BODY]``."""

import argparse
import sys
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("-s", action="store_true")
parser.add_argument("-H", dest="headers", action="append", default=[])
parser.add_argument("-d", dest="body")
options = parser.parse_args()
request = urllib.request.Request(  # noqa: S310 (the documents name http alone)
    options.url,
    options.body.encode() if options.body else None,
    dict(header.split(": ", 1) for header in options.headers),
)
with urllib.request.urlopen(request) as response:  # noqa: S310
    sys.stdout.buffer.write(response.read())
