"""What one question at the door to the network costs on loopback, and what reading the public authorities costs.

PYTHONPATH=. python tests/benchmarks/one_question.py
"""

import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import certifi
import trustme

from coverage_check.geocoders._http import Question, ask
from coverage_check.geocoders.limits import Limits
from tests.faulty_server import faulty_server


def milliseconds(act: Callable[[], object], count: int) -> str:
    """Tell the wall-clock and CPU time of one act, server included."""
    act()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        act()
    return (
        f"{(time.perf_counter() - began) / count * 1e3:.1f} ms, of which CPU {(time.process_time() - cpu) / count * 1e3:.1f}"
    )


def main() -> None:
    """Print three lines."""
    with faulty_server() as plain:
        print("http      ", milliseconds(lambda: ask(Question(url=f"{plain.url}/good"), Limits()), 200))
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder, faulty_server(context) as secure:
        bundle = Path(folder, "authority.pem")
        authority.cert_pem.write_to_path(str(bundle))
        limits = Limits(ca_file=str(bundle))
        print("https     ", milliseconds(lambda: ask(Question(url=f"{secure.url}/good"), limits), 50))
    print("public CAs", milliseconds(lambda: ssl.create_default_context(cafile=certifi.where()), 20))


if __name__ == "__main__":
    main()
