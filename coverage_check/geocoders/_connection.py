"""A `requests` session whose connections can be cut from outside, and which reads nothing from the environment."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_asking = threading.local()
"""`opened` of the exchange that runs in this thread."""


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        connection: socket.socket = super()._new_conn()
        _asking.opened(connection)
        return connection


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        connection: socket.socket = super()._new_conn()
        _asking.opened(connection)
        return connection


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Hands out connections that tell of themselves."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager


@contextmanager
def session(opened: Callable[[socket.socket], None], *, ca_file: str, proxy: str) -> Iterator[requests.Session]:
    """Give a session for one question; `opened` is told of every new connection, before TLS begins."""
    _asking.opened = opened
    with requests.Session() as web:
        web.trust_env = False
        web.verify = ca_file or True
        web.proxies = {"http": proxy, "https": proxy} if proxy else {}
        for scheme in ("http://", "https://"):
            web.mount(scheme, _Adapter(max_retries=0))
        yield web
