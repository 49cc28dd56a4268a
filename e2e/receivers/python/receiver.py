"""A receiver of Counterfoil's callbacks: verifies, drops repeats, answers 204."""
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from standardwebhooks.webhooks import Webhook

verifier = Webhook(os.environ["COUNTERFOIL_CALLBACK_SECRET"])
seen, lock = set(), Lock()  # yours is a unique index in your database


def handle(event):
    """Yours: store the event, in one transaction with the index of what was seen.

    status is OFFER_CREATED, then one of ISSUED, FAILED (with errorDetails) and EXPIRED; PING in a test. There is no
    offerId when it is about none, as with PING.
    """
    print(event["status"], event.get("offerId", event["eventId"]), event.get("errorDetails", ""), flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        try:  # the bytes as they came: they are what is signed
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(max(0, min(length, 65536)))
            event = verifier.verify(body, dict(self.headers))
        except Exception:  # not signed by us, or nothing that the library can read
            return self.answer(401)
        try:
            key = event["eventId"], event["status"]
            with lock:
                if key not in seen:
                    handle(event)
                    seen.add(key)
        except Exception:
            return self.answer(500)  # not taken: it comes again
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
