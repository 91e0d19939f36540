"""The model gateway against a loopback vendor: what it adds to raw httpx, how fast it fails over, how fast a cancel hangs up.

`python -m benchmarks.gateway [--json] [--quick]`
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from tercet_server.config import Settings
from tercet_server.ledger import SqlLedger
from tercet_server.models import Gateway, open_gateway
from tercet_server.models.library import litellm
from tercet_server.ports import Account, Caps, Delta, Duty, Message, ModelRequest, Speaker, ask
from tercet_server.runs import SystemClock
from tercet_shared.ids import RunId, WorkspaceId

from benchmarks.report import Goal, Number, Report, say
from tests.doubles.vendor import Answer, Closes, Fails, Hangs, Says, Vendor

KEY = "sk-benchmark"
STALL_S = 1.0
"""`models.stall_s` of the gateway here: what a hanging vendor costs before anything can be done about it."""

PATIENCE_S = 30.0
CHUNKS = 40
ANSWER = Says("a few words. ... " * CHUNKS, piece=17)
SLOW_ANSWER = Says(ANSWER.text, piece=17, wait_s=0.02)
STREAMS = 50
PROMPT = "def total(items):\n    return sum(each.price * each.count for each in items)\n" * 60

GOALS: dict[str, Goal] = {
    "first_token_overhead_ms_median": ("<=", 15.0),
    "stream_overhead_ms_median": ("<=", 30.0),
    "failover_429_ms": ("<=", 250.0),
    "failover_500_ms": ("<=", 250.0),
    "failover_close_ms": ("<=", 250.0),
    "failover_hang_ms": ("<=", 1000 * STALL_S + 250.0),
    "cancel_stream_ms_max": ("<=", 250.0),
    "cancel_waiting_ms_max": ("<=", 250.0),
}
FAULTS: dict[str, Answer] = {"429": Fails(429, retry_after="5"), "500": Fails(500), "hang": Hangs(), "close": Closes()}

Peers = dict[str, dict[str, Number]]

Timed = Callable[[], Awaitable[tuple[float, float]]]
"""One streamed answer: seconds to its first text and to its end."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--quick", action="store_true", help="a small sample")
    chosen = options.parse_args()
    asyncio.run(_measure(10 if chosen.quick else 100)).emit(as_json=chosen.json)
    return 0


async def _measure(samples: int) -> Report:
    with tempfile.TemporaryDirectory(prefix="tb-") as folder:
        ledger = await SqlLedger.open(Path(folder) / "ledger.sqlite", SystemClock())
        try:
            metrics, peers = await _overheads(samples, ledger)
            metrics |= await _failovers(3 if samples < 100 else 10, ledger)
            metrics |= await _cancels(samples, ledger)
        finally:
            await ledger.close()
    notes = {"stall_s": STALL_S, "chunks": CHUNKS, "streams": STREAMS, "samples": samples}
    return Report("gateway", metrics, peers, GOALS, notes)


# -- what the gateway adds ------------------------------------------------------------------------------------------------


async def _overheads(samples: int, ledger: SqlLedger) -> tuple[dict[str, Number], Peers]:
    with _vendor(ANSWER) as url, _vendor(SLOW_ANSWER) as slow:
        gateway = await _gateway(ledger, url)
        slow_gateway = await _gateway(ledger, slow)
        async with httpx.AsyncClient(timeout=60) as client:
            say("first tokens and whole streams, taking turns with httpx")
            ours, theirs, bare = await _in_turns(
                samples, lambda: _through(gateway), lambda: _raw(client, url), lambda: _litellm(url)
            )
            say(f"{STREAMS} streams at once")
            await _through(slow_gateway)
            together = await _at_once(lambda: _through(slow_gateway))
        limits = httpx.Limits(max_connections=STREAMS)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            peer_together = await _at_once(lambda: _raw(client, slow))
    first, whole = _milliseconds(ours)
    peer_first, peer_whole = _milliseconds(theirs)
    metrics: dict[str, Number] = {
        "first_token_ms_median": statistics.median(first),
        "first_token_overhead_ms_median": statistics.median(first) - statistics.median(peer_first),
        "first_token_overhead_ms_p99": _p99(first) - _p99(peer_first),
        "stream_ms_median": statistics.median(whole),
        "stream_overhead_ms_median": statistics.median(whole) - statistics.median(peer_whole),
        "stream_overhead_ms_p99": _p99(whole) - _p99(peer_whole),
        "streams_50_seconds": together,
    }
    bare_first, bare_whole = _milliseconds(bare)
    peers: Peers = {
        "httpx": {
            "first_token_ms_median": statistics.median(peer_first),
            "stream_ms_median": statistics.median(peer_whole),
            "streams_50_seconds": peer_together,
        },
        "litellm": {
            "first_token_ms_median": statistics.median(bare_first),
            "stream_ms_median": statistics.median(bare_whole),
        },
    }
    return metrics, peers


async def _in_turns(samples: int, *each: Timed) -> list[list[tuple[float, float]]]:
    """The first of each, with which libraries are loaded and connections opened, does not count."""
    taken: list[list[tuple[float, float]]] = [[] for _ in each]
    for round_ in range(samples + 1):
        for number, one in enumerate(each):
            result = await one()
            if round_:
                taken[number].append(result)
    return taken


async def _at_once(one: Timed) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(STREAMS)))
    return time.perf_counter() - started


async def _through(gateway: Gateway) -> tuple[float, float]:
    started, first = time.perf_counter(), None
    async for item in gateway.stream(_request()):
        if first is None and isinstance(item, Delta):
            first = time.perf_counter() - started
    return first or 0.0, time.perf_counter() - started


async def _raw(client: httpx.AsyncClient, url: str) -> tuple[float, float]:
    """The same request, and every chunk parsed: the least that anybody who wants the text must do."""
    messages = [{"role": "user", "content": PROMPT}]
    body = {"model": "model", "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
    started, first = time.perf_counter(), None
    async with client.stream(
        "POST", f"{url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}
    ) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line[6:])["choices"]
                if first is None and choices and choices[0]["delta"].get("content"):
                    first = time.perf_counter() - started
    return first or 0.0, time.perf_counter() - started


async def _litellm(url: str) -> tuple[float, float]:
    """The library on its own, in this loop: what the gateway stands on and cannot be faster than."""
    library = await litellm()
    messages = [{"role": "user", "content": PROMPT}]
    started, first = time.perf_counter(), None
    stream = await library.acompletion(
        model="openai/model",
        api_base=f"{url}/v1",
        api_key=KEY,
        messages=messages,
        stream=True,
        stream_options={"include_usage": True},
        max_retries=0,
    )
    async for chunk in stream:
        if first is None and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - started
    return first or 0.0, time.perf_counter() - started


# -- failover -------------------------------------------------------------------------------------------------------------


async def _failovers(samples: int, ledger: SqlLedger) -> dict[str, Number]:
    """From the question to the end of the second vendor's answer, which is one word."""
    metrics: dict[str, Number] = {}
    with _vendor(Says("saved")) as good:
        for name, fault in FAULTS.items():
            say(f"failover: {name}")
            taken = []
            with _vendor(fault) as bad:
                for _ in range(samples):
                    gateway = await _gateway(ledger, bad, good)
                    started = time.perf_counter()
                    await ask(gateway, _request())
                    taken.append(1000 * (time.perf_counter() - started))
            metrics[f"failover_{name}_ms"] = statistics.median(taken)
    return metrics


# -- cancel ---------------------------------------------------------------------------------------------------------------


async def _cancels(samples: int, ledger: SqlLedger) -> dict[str, Number]:
    """From the cancel to the moment when the vendor sees its socket closed: amid an answer, and before its first word."""
    metrics: dict[str, Number] = {}
    for name, answer in (("stream", SLOW_ANSWER), ("waiting", Hangs())):
        say(f"cancel: {name}")
        taken = []
        with Vendor(lambda _, answer=answer: answer) as vendor:
            for number in range(samples + 1):
                gateway = await _gateway(ledger, vendor.url, stall_s=PATIENCE_S)
                seconds = await _cancelled(gateway, vendor, number, amid=name == "stream")
                if number:
                    taken.append(1000 * seconds)
        metrics |= {f"cancel_{name}_ms_median": statistics.median(taken), f"cancel_{name}_ms_max": max(taken)}
    return metrics


async def _cancelled(gateway: Gateway, vendor: Vendor, number: int, *, amid: bool) -> float:
    """Cancels the question of that number once the vendor has it, or, `amid` its answer, once the first words are here."""
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(gateway.stream(_request())) as stream:
            async for _ in stream:
                begun.set()

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(PATIENCE_S):
        await _until(lambda: len(vendor.requests) > number)
        if amid:
            await begun.wait()
        cancelled_at = time.monotonic()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await _until(lambda: vendor.requests[number].hung_up_at is not None)
    return (vendor.requests[number].hung_up_at or cancelled_at) - cancelled_at


async def _until(holds: Callable[[], bool]) -> None:
    while True:
        if holds():
            return
        await asyncio.sleep(0.002)


# -- parts ----------------------------------------------------------------------------------------------------------------


async def _gateway(ledger: SqlLedger, *urls: str, stall_s: float = STALL_S) -> Gateway:
    providers = {
        f"v{number}": {"kind": "openai_compatible", "endpoint": f"{url}/v1", "key_env": "KEY"}
        for number, url in enumerate(urls)
    }
    coder = [f"{name}/model" for name in providers]
    given = Settings.model_validate({"models": {"coder": coder, "stall_s": stall_s}, "providers": providers})
    gateway = await asyncio.to_thread(open_gateway, given, ledger, {"KEY": KEY})
    if gateway is None:
        raise SystemExit("no gateway: the settings name no model")
    return gateway


def _request() -> ModelRequest:
    account = Account(RunId("r"), WorkspaceId("w"), Caps(1e6, 1e6, 1e6, 10**12))
    return ModelRequest((Message(Speaker.USER, PROMPT),), Duty.CODER, account, deadline_s=60)


@contextmanager
def _vendor(answer: Answer) -> Iterator[str]:
    """The URL of a vendor that always answers so, in a process of its own: it takes none of our time."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, answer), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join()


def _serve(connection: Connection, answer: Answer) -> None:
    with Vendor(lambda _: answer) as vendor:
        connection.send(vendor.url)
        connection.recv()


def _milliseconds(taken: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [1000 * first for first, _ in taken], [1000 * whole for _, whole in taken]


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


if __name__ == "__main__":
    raise SystemExit(main())
