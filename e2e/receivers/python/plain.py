"""Verifies a callback with nothing but Python."""
import base64
import hashlib
import hmac
import time


def verify(secret, body, headers):
    """Raises ValueError unless the bytes of body were signed with secret, less than five minutes ago."""
    name, at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(at)) > 300:
        raise ValueError("signed too long ago")
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    mac = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    want = b"v1," + base64.b64encode(mac)
    if not any(hmac.compare_digest(want, got.encode()) for got in headers["webhook-signature"].split(" ")):
        raise ValueError("signed with another secret, or changed on the way")
