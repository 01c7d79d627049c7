"""Serve the shop on a free loopback port: `python serve.py ACCESS_LOG`; prints the port, then serves until killed.

Every answer adds a line of JSON to the log: method, path, status, and the bytes of its body.
"""

import json
import os
import sys
from pathlib import Path
from threading import Lock

import waitress
from django.core.wsgi import get_wsgi_application


class AccessLog:
    """WSGI middleware that writes down what the shop gives away, before the client can have all of it."""

    def __init__(self, application, path: Path) -> None:
        self._application = application
        self._path = path
        self._lock = Lock()

    def __call__(self, environ, start_response) -> list[bytes]:
        statuses = []

        def note_status(line, headers, exc_info=None):
            statuses.append(int(line.split(" ", 1)[0]))
            return start_response(line, headers, exc_info)

        answer = self._application(environ, note_status)
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        line = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"] + query,
            "status": statuses[-1],
            "bytes": len(body),
        }
        with self._lock, self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        return [body]


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    application = AccessLog(get_wsgi_application(), Path(sys.argv[1]))
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=4)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
