"""API keys: random, shown once, kept as hashes, compared in constant time.

A key has 256 random bits, so one plain SHA-256 is enough: there is nothing to guess, and nothing to slow down.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping


def make_key() -> tuple[str, str]:
    """Make a key, and the hash that the config holds."""
    key = f"cc_{secrets.token_urlsafe(32)}"
    return key, hashed(key)


def hashed(key: str) -> str:
    """Give the SHA-256 of a key in hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def client_of(authorization: bytes, keys: Mapping[str, str]) -> str | None:
    """Tell whose key an Authorization header has; None if nobody's. Every key is compared, whichever fits."""
    scheme, _, key = authorization.partition(b" ")
    digest = hashlib.sha256(key.strip()).hexdigest() if scheme.lower() == b"bearer" else ""
    found = None
    for name, known in keys.items():
        if hmac.compare_digest(digest, known):
            found = name
    return found
