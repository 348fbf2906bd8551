"""Counters of one worker, in the text form of Prometheus. Labels are routes, statuses and verdicts; never what was asked."""

import os
import threading
from bisect import bisect_left
from collections import Counter

_BOUNDS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What a worker counted since it began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[tuple[str, int]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._takeovers: Counter[str] = Counter()

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._buckets[route, bisect_left(_BOUNDS_S, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment] # a Counter of seconds

    def decided(self, verdict: str) -> None:
        """Count one decision."""
        with self._lock:
            self._verdicts[verdict] += 1

    def taken_over(self, outcome: str) -> None:
        """Count one try to take a changed snapshot over: ``done`` or ``refused``."""
        with self._lock:
            self._takeovers[outcome] += 1

    def text(self, *, snapshot: str) -> str:
        """Write everything, and which snapshot is in use."""
        with self._lock:
            lines = ["# TYPE coverage_check_requests_total counter"]
            lines += [
                f'coverage_check_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                for (method, route, status), count in sorted(self._requests.items())
            ]
            lines.append("# TYPE coverage_check_request_seconds histogram")
            for route in sorted(self._seconds):
                lines += self._histogram(route)
            lines.append("# TYPE coverage_check_decisions_total counter")
            lines += [
                f'coverage_check_decisions_total{{verdict="{verdict}"}} {count}'
                for verdict, count in sorted(self._verdicts.items())
            ]
            lines.append("# TYPE coverage_check_takeovers_total counter")
            lines += [
                f'coverage_check_takeovers_total{{outcome="{outcome}"}} {self._takeovers[outcome]}'
                for outcome in ("done", "refused")
            ]
        lines.append("# TYPE coverage_check_snapshot_info gauge")
        lines.append(f'coverage_check_snapshot_info{{snapshot="{snapshot}",worker="{os.getpid()}"}} 1')
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str) -> list[str]:
        lines, total = [], 0
        for number, bound in enumerate((*map(str, _BOUNDS_S), "+Inf")):
            total += self._buckets[route, number]
            lines.append(f'coverage_check_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
        lines.append(f'coverage_check_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}')
        lines.append(f'coverage_check_request_seconds_count{{route="{route}"}} {total}')
        return lines
