"""Prints the traces that arrive by OTLP over HTTP, one JSON object a line. oteltest receives and decodes them.

The argument is the port.
"""

import json
import logging
import sys

from google.protobuf.json_format import MessageToDict
from oteltest.sink import HttpSink
from oteltest.sink.handler import RequestHandler


class Printer(RequestHandler):
    """Knows traces only."""

    def handle_trace(self, request, headers):
        print(json.dumps({"headers": headers, "request": MessageToDict(request)}), flush=True)

    def handle_metrics(self, request, headers):
        sys.exit("metrics arrived")

    def handle_logs(self, request, headers):
        sys.exit("logs arrived")


HttpSink(Printer(), logging.getLogger("receiver"), int(sys.argv[1]), daemon=False).start()
