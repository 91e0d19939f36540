"""Amazon Bedrock: keys of AWS from variables and commands, requests signed with them, and nothing else of the environment."""

import asyncio
import json
import logging
import os
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tercet_server.config import ProviderSettings, Settings
from tercet_server.models import library
from tercet_server.models.catalogue import spec
from tercet_server.models.keys import Keys
from tercet_server.models.vendor import VendorModel
from tercet_server.ports import Finish, Message, Speaker, ToolCall, ask
from tercet_shared.errors import ModelBusy, ModelFailed, ModelRejected, NoModel

from tests.doubles.scripted_model import asked
from tests.doubles.vendor import Breaks, Call, Fails, How, Received, Says, Vendor
from tests.doubles.vendor.aws_signature import signed_by
from tests.server.models.conftest import BEDROCK_MODEL, REGION

ACCESS, SECRET, TOKEN = "AKIALOOPBACK00000001", "loop/back+secret0123456789abcdefghijklmn", "session-token-0123456789=="
VARIABLES = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}


def bedrock(environ: dict[str, str], url: str = "", model: str = BEDROCK_MODEL, **more: Any) -> VendorModel:
    provider = ProviderSettings.model_validate({"region": REGION, "endpoint": url} | more)
    return VendorModel(spec(f"bedrock/{model}", Settings(providers={"bedrock": provider})), Keys(environ), 20.0)


def printed(lasts: timedelta | None = None, **more: str) -> str:
    """What `aws configure export-credentials` prints."""
    expires = {} if lasts is None else {"Expiration": (datetime.now(UTC) + lasts).isoformat()}
    return json.dumps({"Version": 1, "AccessKeyId": ACCESS, "SecretAccessKey": SECRET, **expires, **more}, indent=2)


def printing(text: str) -> list[str]:
    return [sys.executable, "-c", f"print({text!r})"]


@pytest.mark.parametrize("token", ["", TOKEN])
async def test_a_request_is_signed_with_the_keys_of_awss_own_variables(token: str):
    with Vendor([Says("fine")]) as vendor:
        environ = VARIABLES | ({"AWS_SESSION_TOKEN": token} if token else {})
        assert (await ask(bedrock(environ, vendor.url), asked("ask"))).text == "fine"
    [request] = vendor.requests
    assert request.path == f"/model/{BEDROCK_MODEL}/converse-stream"
    assert signed_by(request, SECRET) == (ACCESS, REGION)
    assert signed_by(request, "another") is None
    assert request.headers.get("x-amz-security-token", "") == token
    assert request.body["messages"] == [{"role": "user", "content": [{"text": "ask"}]}]


async def test_variables_that_hold_no_keys_are_told_of_in_a_sentence():
    with pytest.raises(NoModel, match="neither a bearer token nor JSON"):
        await ask(bedrock({**VARIABLES, "AWS_ACCESS_KEY_ID": "A" * 5000}), asked())


async def test_a_bearer_token_comes_first_and_signs_nothing():
    with Vendor([Says("fine")]) as vendor:
        await ask(bedrock({**VARIABLES, "AWS_BEARER_TOKEN_BEDROCK": "bearer-0123456789"}, vendor.url), asked())
    assert vendor.requests[0].headers["authorization"] == "Bearer bearer-0123456789"


async def test_a_command_prints_keys_that_last_a_while():
    with Vendor([Says("fine")] * 2) as vendor:
        command = printing(printed(timedelta(hours=1), SessionToken=TOKEN))
        model = bedrock({}, vendor.url, key_command=command)
        assert (await ask(model, asked())).text == "fine"
        assert signed_by(vendor.requests[0], SECRET) == (ACCESS, REGION)
        assert vendor.requests[0].headers["x-amz-security-token"] == TOKEN


async def test_keys_that_run_out_are_looked_up_anew_before_they_do(tmp_path):
    printed_now = tmp_path / "keys.json"
    printed_now.write_text(printed(timedelta(minutes=3)))
    reading = [sys.executable, "-c", f"print(open({str(printed_now)!r}).read())"]
    provider = ProviderSettings(region=REGION, key_command=reading)
    found, keys = spec("bedrock/any", Settings(providers={"bedrock": provider})).provider, Keys({})
    first = await keys.key(found)
    printed_now.write_text(printed(timedelta(hours=1), SessionToken="renewed-0123456789"))
    assert await keys.key(found) == first
    keys._found["bedrock"] = printed(timedelta(seconds=30))
    assert "renewed-0123456789" in await keys.key(found)
    printed_now.write_text(printed(timedelta(seconds=-1)))
    keys.forget(found)
    with pytest.raises(NoModel, match="have expired"):
        await keys.key(found)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, is not set"),
        ({"key_env": "MINE"}, "environment variable MINE is not set"),
        ({"key_command": printing('{"AccessKeyId": "AKIAX"}')}, "neither a bearer token nor JSON"),
        ({"key_command": printing('{"AccessKeyId": 1')}, "neither a bearer token nor JSON"),
        ({"key_command": printing(printed(Expiration="2026-01-01"))}, "neither a bearer token nor JSON"),
        ({"key_env": "TOO_LONG"}, "neither a bearer token nor JSON"),
        ({"key_command": printing("a\nb")}, "must print one line"),
        (
            {"key_command": printing(printed()), "region": "", "endpoint": "http://127.0.0.1:9"},
            "providers.bedrock.region",
        ),
    ],
)
async def test_what_is_missing_or_wrong_is_said_without_any_of_it(settings: dict[str, Any], sentence: str):
    environ = {
        "AWS_ACCESS_KEY_ID": ACCESS,
        "TOO_LONG": json.dumps({"AccessKeyId": ACCESS, "SecretAccessKey": "x" * 5000}),
    }
    with pytest.raises(NoModel, match=sentence) as raised:
        await ask(bedrock(environ, **settings), asked())
    told = "".join(traceback.format_exception_only(raised.value)) + str(raised.value.__cause__ or "")
    assert not [each for each in ("AKIAX", ACCESS, SECRET) if each in told]


async def test_an_endpoint_and_a_bearer_token_need_no_region():
    with Vendor([Says("fine")]) as vendor:
        environ = {"AWS_BEARER_TOKEN_BEDROCK": "bearer-0123456789"}
        assert (await ask(bedrock(environ, vendor.url, region=""), asked())).text == "fine"


@pytest.mark.parametrize("region", ["", "Frankfurt", "eu-central-1.example.com/", "eu-central-1\n"])
def test_a_region_is_asked_for_in_the_settings(region: str):
    with pytest.raises(NoModel, match=r"needs a region of AWS.*providers.bedrock.region"):
        bedrock(VARIABLES, region=region)


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-central-1", "https://bedrock-runtime.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "https://bedrock-runtime.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_region_says_where(region: str, url: str):
    found = spec("bedrock/any", Settings(providers={"bedrock": ProviderSettings(region=region)}))
    assert found.provider.endpoint == url


async def test_nothing_in_the_environment_redirects_a_request_or_changes_its_keys(monkeypatch: pytest.MonkeyPatch):
    elsewhere = {
        "AWS_BEDROCK_RUNTIME_ENDPOINT": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_BEARER_TOKEN_BEDROCK": "of-somebody-else",
        "AWS_SESSION_TOKEN": "of-an-old-session",
        "AWS_ACCESS_KEY_ID": "AKIAOTHER",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_REGION": "us-east-1",
        "AWS_PROFILE": "not-there",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    with Vendor([Says("fine")]) as vendor:
        await ask(bedrock(VARIABLES, vendor.url), asked())
    assert signed_by(vendor.requests[0], SECRET) == (ACCESS, REGION)
    assert "x-amz-security-token" not in vendor.requests[0].headers


def test_the_librarys_own_variables_of_roles_and_profiles_are_not_seen_by_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ROLE_NAME", "arn:aws:iam::1:role/other")
    library._loaded.__wrapped__()
    assert "AWS_ROLE_NAME" not in os.environ


async def test_an_answer_that_the_vendor_gives_up_is_no_answer():
    with Vendor([Breaks(How.FAILURE), Breaks(How.FAILURE, after=0)]) as vendor:
        for _ in range(2):
            with pytest.raises((ModelFailed, ModelBusy)) as raised:
                await asyncio.wait_for(ask(bedrock(VARIABLES, vendor.url), asked()), 20)
            assert raised.value.sentence.startswith(f"bedrock/{BEDROCK_MODEL} ")


async def test_no_part_of_the_keys_is_in_an_error_or_a_log_and_refused_keys_are_looked_up_again(
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    message = f"The security token {TOKEN} of {ACCESS} ({SECRET}) in the request is expired"
    environ = {**VARIABLES, "AWS_SESSION_TOKEN": TOKEN}
    with Vendor([Fails(403, message=message), Fails(500, message=message), Says("fine")]) as vendor:
        model = bedrock(environ, vendor.url)
        with pytest.raises(ModelRejected, match="Check its key") as raised:
            await ask(model, asked())
        environ["AWS_ACCESS_KEY_ID"] = "AKIARENEWED00000002"
        with pytest.raises(ModelFailed) as failed:
            await ask(model, asked())
        await ask(model, asked("a prompt that nobody logs"))
    told = f"{raised.getrepr(chain=True)}{failed.getrepr(chain=True)}{raised.value.data}{caplog.text}"
    assert not [secret for secret in (SECRET, TOKEN, "nobody logs") if secret in told.replace(message, "")]
    assert SECRET not in raised.value.sentence + failed.value.sentence
    assert [signed_by(each, SECRET) for each in vendor.requests] == [
        (ACCESS, REGION),
        ("AKIARENEWED00000002", REGION),
        ("AKIARENEWED00000002", REGION),
    ]


async def test_models_of_any_maker_and_by_arn_are_asked_the_same_way():
    arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123"
    with Vendor([Says("fine")] * 3) as vendor:
        for name in ("amazon.nova-pro-v1:0", "mistral.mistral-large-2407-v1:0", arn):
            reply = await ask(bedrock(VARIABLES, vendor.url, model=name), asked())
            assert reply.text == "fine"
            assert reply.usage.cost_usd > 0 or name == arn, "list prices are known by name"
    paths = [each.path for each in vendor.requests]
    assert paths == [
        f"/model/{name}/converse-stream" for name in ("amazon.nova-pro-v1:0", "mistral.mistral-large-2407-v1:0", arn)
    ]
    assert all(signed_by(each, SECRET) for each in vendor.requests)


@pytest.mark.parametrize("name", [BEDROCK_MODEL, "amazon.nova-pro-v1:0", "meta.llama3-70b-instruct-v1:0"])
async def test_an_agreed_form_arrives_as_text_whatever_way_the_vendor_has_for_it(name: str):
    def answer(received: Received) -> Says:
        tools = [each["toolSpec"]["name"] for each in received.body.get("toolConfig", {}).get("tools", [])]
        return Says(calls=(Call(tools[0], '{"a": 1}'),)) if tools else Says('{"a": 1}')

    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with Vendor(answer) as vendor:
        reply = await ask(bedrock(VARIABLES, vendor.url, model=name), replace(asked(), schema=schema))
    assert (json.loads(reply.text), reply.tool_calls, reply.finish) == ({"a": 1}, (), Finish.STOP)


async def test_a_conversation_goes_on_where_no_more_tools_are_offered():
    call = ToolCall("call_1", "edit", '{"path": "a.py"}')
    answered = asked("go").with_messages(
        Message(Speaker.ASSISTANT, "", tool_calls=(call,)), Message(Speaker.TOOL, "written", answers=call.id)
    )
    with Vendor([Says("fine")]) as vendor:
        assert (await ask(bedrock(VARIABLES, vendor.url), answered)).text == "fine"
