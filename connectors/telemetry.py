"""Metrics and health of one process: the ports `Telemetry` and `Health`, and their HTTP server."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from schemas.errors import StopProcess
from schemas.metrics import ALL, TROUBLE, Metric, MetricKind


class Prometheus:
    """Every declared metric, in a registry of its own.

    Those without labels, and those whose labels are known, exist from the start: an alert on what
    never happened needs the zero.
    """

    def __init__(self, metrics: Iterable[Metric] = ALL) -> None:
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in metrics:
            arguments = (metric.name, metric.says, metric.labels)
            made: Counter | Gauge | Histogram
            if metric.kind is MetricKind.COUNTER:
                made = self._counters[metric.name] = Counter(*arguments, registry=self.registry)
            elif metric.kind is MetricKind.GAUGE:
                made = self._gauges[metric.name] = Gauge(*arguments, registry=self.registry)
            else:
                made = self._histograms[metric.name] = Histogram(
                    *arguments, registry=self.registry, buckets=metric.buckets
                )
            for labels in metric.known:
                made.labels(*labels)

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Raise a counter."""
        counter = self._counters[metric.name]
        (counter.labels(*labels) if labels else counter).inc(by)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add an observation."""
        histogram = self._histograms[metric.name]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[metric.name]
        (gauge.labels(*labels) if labels else gauge).set(value)


class Vitals:
    """How the parts of a process are.

    Args:
        parts: those that must beat.
        stuck: seconds without a beat after which a part is stuck (HTTP__STUCK).
        telemetry: exports who is in trouble; a part that is not exported runs nowhere.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        parts: Iterable[str],
        stuck: float,
        telemetry: Prometheus,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stuck = stuck
        self._telemetry = telemetry
        self._clock = clock
        self._beats = dict.fromkeys(parts, clock())
        for part in self._beats:
            telemetry.set(TROUBLE, 0, part)
        self._begun: set[str] = set()
        self._trouble: dict[str, str] = {}
        self._lock = threading.Lock()

    def beat(self, part: str) -> None:
        """Say that a part's loop went round."""
        with self._lock:
            self._beats[part] = self._clock()
            self._begun.add(part)

    def trouble(self, part: str, sentence: str | None) -> None:
        """Say what a part waits for, or None when it works."""
        with self._lock:
            if sentence is None:
                self._trouble.pop(part, None)
            else:
                self._trouble[part] = sentence
        self._telemetry.set(TROUBLE, 0 if sentence is None else 1, part)

    def live(self) -> list[str]:
        """Return why the process should be started anew; nothing: it lives."""
        now = self._clock()
        with self._lock:
            silent = {part: now - beat for part, beat in self._beats.items()}
        return [
            f"{part} made no progress for {seconds:.0f} s; the limit HTTP__STUCK is "
            f"{self._stuck:.0f} s"
            for part, seconds in silent.items()
            if seconds > self._stuck
        ]

    def ready(self) -> list[str]:
        """Return why the process does not do its work now; nothing: it does."""
        with self._lock:
            waiting = [f"{part} has not begun" for part in self._beats if part not in self._begun]
            return [*waiting, *(f"{part}: {why}" for part, why in self._trouble.items())]


OK: Final = 200
UNAVAILABLE: Final = 503
NOT_FOUND: Final = 404


class Reporter:
    """Serves `/metrics`, `/health/live` and `/health/ready` from threads of its own.

    Args:
        host: to listen on.
        port: 0 takes any free one.
        telemetry: what `/metrics` shows.
        vitals: what the others show.

    Raises:
        StopProcess: the port cannot be taken.
    """

    def __init__(self, host: str, port: int, telemetry: Prometheus, vitals: Vitals) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = _answer(self.path, telemetry, vitals)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: a scrape is no event."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise StopProcess(
                f"cannot listen on {host}:{port} ({error.strerror}): set HUMA_XLEDGER_HTTP__PORT"
            ) from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="http", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _answer(path: str, telemetry: Prometheus, vitals: Vitals) -> tuple[int, str, bytes]:
    route = path.split("?", 1)[0]
    if route == "/metrics":
        return OK, CONTENT_TYPE_LATEST, generate_latest(telemetry.registry)
    whys = {"/health/live": vitals.live, "/health/ready": vitals.ready}
    if route not in whys:
        return NOT_FOUND, "text/plain", b"/metrics, /health/live, /health/ready\n"
    why = whys[route]()
    body = json.dumps({"status": "failing" if why else "ok", "why": why}).encode()
    return (UNAVAILABLE if why else OK), "application/json", body
