"""What a generator of requests cannot know of the management API."""

import itertools
import re
import uuid

import requests
import schemathesis

GOOD_KEY = re.compile(r"[!-~]{1,255}")
GOOD_URL = re.compile(r"https?://[^/?#@\s]+(.*)", re.IGNORECASE | re.DOTALL)

turns = itertools.count()


def first(base, path, member, name):
    """Gives a member of the first of a list, or nothing."""
    listed = requests.get(base + path, timeout=20).json().get(member, [])
    return listed[0][name] if listed else None


def existing(base, kind):
    """Gives the id of something of a kind that is there, or nothing."""
    if kind == "delivery":
        callback = existing(base, "callback")
        return callback and first(base, f"/callbacks/{callback}/deliveries", "deliveries", "delivery_id")
    if kind == "key":
        keys = first(base, "/clients", "clients", "keys")
        return keys and keys[0]["key_id"]
    return {
        "offer": lambda: first(base, "/offers", "offers", "offer_id"),
        "credential": lambda: first(base, "/credentials", "credentials", "credential_id"),
        "type": lambda: first(base, "/types", "types", "credential_configuration_id"),
        "callback": lambda: first(base, "/callbacks", "callbacks", "callback_id"),
        "client": lambda: first(base, "/clients", "clients", "client_id"),
    }[kind]()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other good request is about something that is there; each has a new Idempotency-Key, or all but the first are refused; and no
    endpoint has the address of anybody."""
    good = case.meta is None or case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE
    if good and case.path_parameters and next(turns) % 2:
        for kind in case.path_parameters:
            case.path_parameters[kind] = existing(case.operation.base_url.rstrip("/"), kind) or case.path_parameters[kind]
    headers = case.headers or {}
    if GOOD_KEY.fullmatch(str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if isinstance(case.body, dict) and isinstance(case.body.get("url"), str):
        case.body["url"] = GOOD_URL.sub(r"https://nobody.invalid\1", case.body["url"])
