"""The measurements. Each returns rows of (what, value, unit); the client runs beside the centre on the same cores."""

import itertools
import json
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import psutil

from benchmarks.centre import Bench
from benchmarks.rows import warnings

Result = tuple[str, float, str]


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(act: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of `times` runs, after three to warm up."""
    for _ in range(3):
        act()
    spans = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        spans.append((time.perf_counter() - started) * 1000)
    return spans


def single_intake(bench: Bench, *, count: int = 1500, clients: int = 6) -> list[Result]:
    """Warnings accepted per second one by one, from several connections at once."""
    stock = list(itertools.islice(warnings("single"), count))
    spans: list[float] = []

    def send(part: list[dict[str, object]]) -> None:
        with bench.partner() as client:
            for row in part:
                started = time.perf_counter()
                assert client.post("/api/v1/warnings", json=row).status_code == 202
                spans.append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    _together([lambda part=stock[i::clients]: send(part) for i in range(clients)])
    rate = count / (time.perf_counter() - started)
    return [("single warnings accepted", rate, "/s"), ("single warning p95", percentile(spans, 0.95), "ms")]


def batch_intake(bench: Bench, *, batches: int = 10, size: int = 10_000, clients: int = 2) -> list[Result]:
    """Warnings accepted per second in batches; triage runs beside and is then waited for."""
    source = warnings("batch", 10_000_000)
    stock = [list(itertools.islice(source, size)) for _ in range(batches)]
    accepted: list[int] = []

    def send(part: list[list[dict[str, object]]]) -> None:
        with bench.partner() as client:
            for rows in part:
                answer = client.post("/api/v1/warnings/batch", json={"rows": rows})
                accepted.append(answer.json()["accepted"])

    started = time.perf_counter()
    _together([lambda part=stock[i::clients]: send(part) for i in range(clients)])
    rate = sum(accepted) / (time.perf_counter() - started)
    assert sum(accepted) == batches * size, accepted
    bench.drained()
    whole = sum(accepted) / (time.perf_counter() - started)
    return [("batch warnings accepted", rate, "/s"), ("batch warnings accepted and triaged", whole, "/s")]


def desks(bench: Bench, *, times: int = 150) -> list[Result]:
    """p95 of the seat and the lists as the client sees them, with what the centre holds by now."""
    results: list[Result] = []
    with bench.officer("bench-operator") as seat:
        results += _pages(seat, {"seat page": "/seat", "seat figures": "/seat/header"}, times)
        spans: dict[str, list[float]] = {"take the next call": [], "record an outcome, next call": []}
        _work(seat, times, spans)
        results += [(f"{name} p95", percentile(values, 0.95), "ms") for name, values in spans.items()]
    with bench.officer("bench-duty") as duty:
        pages = {
            "alert list": "/alerts",
            "alert list by level": "/alerts?level=high",
            "alert list by county": "/alerts?district=350100",
            "alert by phone": "/alerts?q=13700000042",
            "alert list, hundredth page": _deep(duty, 100),
            "quarantine": "/quarantine",
        }
        results += _pages(duty, pages, times)
    with bench.officer("bench-commander") as commander:
        results += _pages(commander, {"wall counted fresh": "/wall/state"}, times)
    return results


def wall_latency(bench: Bench, *, times: int = 60) -> list[Result]:
    """Answer of the act to the wall's event: a warning (through intake and triage) and an outcome."""
    with (
        bench.officer("bench-commander") as commander,
        bench.officer("bench-operator") as seat,
        bench.partner() as partner,
        commander.stream("GET", "/wall/stream", timeout=30) as stream,
    ):
        states = _states(stream)
        source, arrivals, outcomes = warnings("wall", 20_000_000), [], []
        current = next(states)
        for row in itertools.islice(source, times):
            assert partner.post("/api/v1/warnings", json=row).status_code == 202
            current, span = _until(
                states, lambda s, n=current["figures"]["warnings"]: s["figures"]["warnings"] > n
            )
            arrivals.append(span)
        for _ in range(times):
            _record(seat, _taken(seat), "mismatch")
            current, span = _until(states, lambda s, n=current["figures"]["calls"]: s["figures"]["calls"] > n)
            outcomes.append(span)
    return [
        ("warning accepted to wall p50", statistics.median(arrivals), "ms"),
        ("warning accepted to wall p95", percentile(arrivals, 0.95), "ms"),
        ("outcome committed to wall p50", statistics.median(outcomes), "ms"),
        ("outcome committed to wall p95", percentile(outcomes, 0.95), "ms"),
    ]


def memory(bench: Bench) -> list[Result]:
    """Resident memory of the centre's processes by now, each with its children, in MiB."""
    results: list[Result] = []
    for name in ("web", "worker", "sealer"):
        process = psutil.Process(bench.centre.pid(name))
        resident = sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])
        results.append((f"{name} resident memory", resident / 2**20, "MiB"))
    return results


def narrative(_: Bench | None = None, *, count: int = 10_000) -> list[Result]:
    """Texts classified per second by the rules, one core."""
    from yipanqi.engine.narrative import classify

    stock = [str(row["text"]) for row in itertools.islice(warnings("n"), count)]
    classify(stock[0])
    started = time.perf_counter()
    for text in stock:
        classify(text)
    return [("narratives classified", count / (time.perf_counter() - started), "/s")]


def _together(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _pages(client: httpx.Client, pages: dict[str, str], times: int) -> list[Result]:
    results: list[Result] = []
    for name, address in pages.items():
        assert client.get(address).status_code == 200, address
        spans = timed(lambda address=address: client.get(address), times)
        results.append((f"{name} p95", percentile(spans, 0.95), "ms"))
    return results


def _deep(client: httpx.Client, pages: int) -> str:
    address = "/alerts"
    for _ in range(pages):
        found = re.search(r'rel="next" href="([^"]+)"', client.get(address).text)
        if not found:
            break
        address = found.group(1).replace("&amp;", "&")
    return address


def _work(client: httpx.Client, times: int, spans: dict[str, list[float]]) -> None:
    for _ in range(times):
        started = time.perf_counter()
        order = _taken(client)
        spans["take the next call"].append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        page = _record(client, order, "dissuaded")
        spans["record an outcome, next call"].append((time.perf_counter() - started) * 1000)
        client.post("/seat/give-back", data=_order(page))


def _taken(client: httpx.Client) -> dict[str, str]:
    return _order(client.post("/seat/next").text)


def _order(page: str) -> dict[str, str]:
    fields = dict(re.findall(r'name="(work_order_id|version)" value="([^"]+)"', page))
    assert len(fields) == 2, page[:500]
    return fields


def _record(client: httpx.Client, order: dict[str, str], outcome: str) -> str:
    answer = client.post("/seat/outcome", data={**order, "outcome": outcome})
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def _states(stream: httpx.Response) -> Iterator[dict[str, dict[str, int]]]:
    for line in stream.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


def _until(
    states: Iterator[dict[str, dict[str, int]]], wanted: Callable[[dict[str, dict[str, int]]], bool]
) -> tuple[dict[str, dict[str, int]], float]:
    started = time.perf_counter()
    for state in states:
        if wanted(state):
            return state, (time.perf_counter() - started) * 1000
    raise AssertionError("the stream ended")
