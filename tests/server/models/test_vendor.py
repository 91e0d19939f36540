"""One model over every wire: whole answers arrive whole, every failure becomes an error with a sentence, nothing hangs."""

import asyncio
import json
import logging
import time
from dataclasses import replace

import pytest
from tercet_server.ports import Delta, Duty, Finish, Message, ModelRequest, Reply, Speaker, Tool, ToolCall, ask
from tercet_shared.errors import (
    ContentFiltered,
    ContextTooLong,
    DeadlineExceeded,
    ModelBusy,
    ModelFailed,
    ModelRejected,
    TercetError,
)

from tests.doubles.scripted_model import ACCOUNT, asked
from tests.doubles.vendor import Breaks, Call, Closes, Fails, Hangs, How, Says, Vendor
from tests.server.models.conftest import BEDROCK_MODEL, KEY, vendor_model

WIRES = ["openai", "responses", "anthropic", "ollama", "google", "bedrock"]
TEXT = "Größe: 3 < 5.\n" * 5


@pytest.mark.parametrize("wire", [*WIRES, "mistral", "deepseek", "openai_compatible"])
async def test_a_text_arrives_whole_and_piece_by_piece(wire: str):
    with Vendor([Says(TEXT, input_tokens=20, output_tokens=9)]) as vendor:
        items = [item async for item in vendor_model(vendor, wire).stream(asked("ask"))]
    reply = items[-1]
    assert isinstance(reply, Reply)
    assert reply.text == TEXT
    assert "".join(each.text for each in items if isinstance(each, Delta)) == TEXT
    assert reply.model in ("loop/gpt-4o", "loop/responses/gpt-4o", "loop/gemini-2.5-pro", f"loop/{BEDROCK_MODEL}")
    if wire in WIRES:
        assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 9)
    assert reply.finish is Finish.STOP
    assert KEY in str(vendor.requests[0].headers) or wire == "ollama"
    assert "ask" in vendor.requests[0].text


@pytest.mark.parametrize("wire", WIRES)
async def test_tool_calls_arrive_with_their_arguments(wire: str):
    call = Call("edit", '{"path": "a.py", "text": "a long text that comes in pieces"}', "call_7")
    with Vendor([Says("Here:", calls=(call,)), Says("done")]) as vendor:
        model, tool = vendor_model(vendor, wire), Tool("edit", "Edits.", {"type": "object", "properties": {}})
        request = ModelRequest((Message(Speaker.USER, "go"),), Duty.CODER, ACCOUNT, tools=(tool,))
        reply = await ask(model, request)
        [got] = reply.tool_calls
        assert (got.name, got.arguments, reply.finish) == ("edit", call.arguments, Finish.TOOL_CALLS)
        answered = request.with_messages(
            Message(Speaker.ASSISTANT, reply.text, tool_calls=(got,)),
            Message(Speaker.TOOL, "written", answers=got.id),
        )
        assert (await ask(model, answered)).text == "done"
    assert "edit" in vendor.requests[0].text
    assert "written" in vendor.requests[1].text


async def test_arguments_that_are_no_json_arrive_as_they_are():
    with Vendor([Says(calls=(Call("edit", '{"path": '),))]) as vendor:
        reply = await ask(vendor_model(vendor), asked())
    assert reply.tool_calls == (ToolCall("call_1", "edit", '{"path": '),)


FAULTS: list[tuple[object, type[TercetError]]] = [
    (Fails(400), ModelRejected),
    (Fails(400, "context_length"), ContextTooLong),
    (Fails(401), ModelRejected),
    (Fails(404), ModelRejected),
    (Fails(408), ModelFailed),
    (Fails(409), ModelFailed),
    (Fails(413), ContextTooLong),
    (Fails(429), ModelBusy),
    (Fails(500), ModelFailed),
    (Fails(503), ModelBusy),
    (Fails(529), ModelFailed),
    (Closes(), ModelFailed),
    (Breaks(How.CLOSE), ModelFailed),
    (Breaks(How.GARBAGE), ModelFailed),
    (Breaks(How.END), ModelFailed),
    (Breaks(How.STALL), ModelFailed),
    (Hangs(), ModelFailed),
]


@pytest.mark.parametrize("wire", WIRES)
async def test_every_failure_becomes_its_error_and_nothing_hangs(wire: str):
    unseen = (Breaks(How.END), Breaks(How.GARBAGE))  # by litellm, in streams of Google: they have no end mark
    faults = [each for each in FAULTS if wire != "google" or each[0] not in unseen]
    with Vendor([answer for answer, _ in faults]) as vendor:  # type: ignore[misc]
        model = vendor_model(vendor, wire, stall_s=0.3)
        for answer, expected in faults:
            with pytest.raises(TercetError) as raised:
                await asyncio.wait_for(ask(model, asked()), 20)
            assert isinstance(raised.value, expected), (answer, raised.value)
            assert raised.value.sentence.startswith(f"{model.name} ")
            assert raised.value.sentence.endswith("."), raised.value.sentence
    assert len(vendor.requests) == len(faults), "nobody retried behind our back"


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_a_filtered_answer_is_none(wire: str):
    with Vendor([Fails(400, "content_filter"), Says("half of it", finish="content_filter")]) as vendor:
        model = vendor_model(vendor, wire)
        for _ in range(2):
            with pytest.raises(ContentFiltered, match="withheld"):
                await ask(model, asked())


@pytest.mark.parametrize("wire", WIRES)
async def test_retry_after_is_passed_on(wire: str):
    with Vendor([Fails(429, retry_after="7"), Fails(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")]) as vendor:
        model = vendor_model(vendor, wire)
        for seconds in (7.0, None):
            with pytest.raises(ModelBusy) as raised:
                await ask(model, asked())
            assert raised.value.data["retry_after_s"] == seconds


@pytest.mark.parametrize("wire", WIRES)
async def test_an_answer_cut_off_at_its_length_says_so(wire: str):
    with Vendor([Says("half", finish="length")]) as vendor:
        assert (await ask(vendor_model(vendor, wire), asked())).finish is Finish.LENGTH


@pytest.mark.parametrize("wire", WIRES)
async def test_cancelling_closes_the_socket_long_before_the_vendor_is_done(wire: str):
    with Vendor([Says("word " * 200, wait_s=0.1)]) as vendor:
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in vendor_model(vendor, wire).stream(asked()):
                begun.set()

        reading = asyncio.create_task(read())
        await asyncio.wait_for(begun.wait(), 20)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        [request] = vendor.requests
        hung_up = await asyncio.to_thread(_wait_for_the_end, request)
    assert hung_up, "the vendor went on talking to nobody"
    assert not request.completed


def _wait_for_the_end(request: object) -> bool:
    for _ in range(500):
        if request.hung_up_at is not None:  # type: ignore[attr-defined]
            return True
        time.sleep(0.01)
    return False


async def test_a_caller_who_stops_reading_closes_the_socket():
    with Vendor([Says("word " * 200, wait_s=0.1)]) as vendor:
        stream = vendor_model(vendor).stream(asked())
        await anext(stream)
        await stream.aclose()
        assert await asyncio.to_thread(_wait_for_the_end, vendor.requests[0])


async def test_the_deadline_holds_while_text_still_comes():
    with Vendor([Says("word " * 200, wait_s=0.05)]) as vendor:
        with pytest.raises(DeadlineExceeded, match="in the time there was"):
            await ask(vendor_model(vendor), asked(deadline_s=0.5))
        with pytest.raises(DeadlineExceeded):
            await ask(vendor_model(vendor), asked(deadline_s=0.0))


@pytest.mark.parametrize("wire", WIRES)
async def test_the_key_is_in_no_error_and_no_log(wire: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with Vendor(
        [Fails(401, message=f"Incorrect key {KEY} for {KEY[:12]}"), Fails(500, message=KEY), Says("x")]
    ) as vendor:
        model = vendor_model(vendor, wire)
        for _ in range(2):
            with pytest.raises(ModelFailed) as raised:
                await ask(model, asked())
            assert KEY not in raised.getrepr(chain=True).__str__()
            assert KEY not in str(raised.value.data)
        await ask(model, asked("a prompt that nobody logs"))
    assert KEY not in caplog.text
    assert "nobody logs" not in caplog.text


async def test_what_json_cannot_carry_is_replaced():
    with Vendor([Says("fine")]) as vendor:
        assert (await ask(vendor_model(vendor), asked("lone \udc80 surrogate, NUL \x00"))).text == "fine"


async def test_the_agreed_form_and_the_mark_for_caching_reach_vendors_that_know_them():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    system = Message(Speaker.SYSTEM, "You repair programs. " * 400)
    request = replace(asked(), schema=schema, messages=(system, *asked().messages), temperature=0.0)
    with Vendor([Says('{"a": 1}')] * 3) as vendor:
        for wire, model in (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("ollama", "qwen")):
            await ask(vendor_model(vendor, wire, model=model), request)
    enforced, cached, plain = (each.body for each in vendor.requests)
    assert enforced["response_format"]["json_schema"]["schema"] == schema
    assert enforced["temperature"] == 0.0
    assert "cache_control" in json.dumps(cached["system"])
    assert "cache_control" not in json.dumps(plain)
