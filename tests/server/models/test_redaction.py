"""What looks like a secret does not reach the model, and is back in what the model answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.models.redaction import LONGEST_LINE, Marks, RedactingModel, secrets_in
from tercet_server.ports import Message, Reply, Speaker, ToolCall, ask

from tests.doubles.scripted_model import ScriptedModel, asked

AWS = "AKIA" + "IOSFODNN7EXAMPL3"
GITHUB = "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
PASSWORD = "hunter2-is-not-enough!"
PRIVATE = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nabc/def+ghi=\n-----END RSA PRIVATE KEY-----"

PLANTED = {
    AWS: f'client = boto3.client("s3", aws_access_key_id="{AWS}")',
    GITHUB: f"curl -H 'Authorization: token {GITHUB}' https://api.example.com",
    PASSWORD: f'db_password = "{PASSWORD}"',
    PRIVATE: f'KEY = """{PRIVATE}"""\n',
    "s3cr3t-pass": "postgresql://user:s3cr3t-pass@db.example.com/shop",
}


def redacted_and_restored(text: str) -> str:
    marks = Marks()
    marks.note(text)
    return marks.restore(marks.redact(text))


@pytest.mark.parametrize("secret", PLANTED)
async def test_a_planted_secret_does_not_leave_and_comes_back(secret: str):
    line = PLANTED[secret]
    inner = ScriptedModel("echo")
    await ask(RedactingModel(inner), asked(f"def f():\n    {line}\n    return 1\n"))
    [request] = inner.requests
    sent = request.messages[0].text
    assert secret not in sent
    assert "return 1" in sent
    assert redacted_and_restored(line) == line


async def test_the_reply_has_the_secret_again_where_the_mark_stood():
    class Echo(ScriptedModel):
        async def stream(self, request):
            self.requests.append(request)
            text = request.messages[-1].text
            yield Reply(text, "echo", tool_calls=(ToolCall("1", "edit", text),))

    echo = Echo()
    text = f'password = "{PASSWORD}"  # keep'
    reply = await ask(RedactingModel(echo), asked(text))
    assert PASSWORD not in echo.requests[0].messages[0].text
    assert (reply.text, reply.tool_calls[0].arguments) == (text, text)


async def test_a_secret_found_in_one_message_is_hidden_in_all():
    inner = ScriptedModel("ok")
    request = asked(f'password = "{PASSWORD}"').with_messages(
        Message(Speaker.ASSISTANT, f"so it is {PASSWORD}", tool_calls=(ToolCall("1", "say", PASSWORD),)),
        Message(Speaker.USER, "go on"),
    )
    await ask(RedactingModel(inner), request)
    assert PASSWORD not in str(inner.requests[0])


def test_a_word_that_is_a_password_is_hidden_in_quotes_and_left_in_names():
    marks = Marks()
    text = 'def login(password="sunshine"):\n    sunshine = check(password)\n'
    marks.note(text)
    assert '"sunshine"' not in marks.redact(text)
    assert "sunshine = check(password)" in marks.redact(text)


def test_ordinary_code_stays_as_it_is():
    code = 'def total(items: list[int]) -> int:\n    """Adds `items`."""\n    return sum(items, start=0)\n'
    assert secrets_in(code) == []


def test_a_line_without_end_is_looked_at_in_pieces():
    assert secrets_in("x" * LONGEST_LINE * 3) == []


@pytest.mark.parametrize("before", range(LONGEST_LINE - 60, LONGEST_LINE + 20, 10))
def test_a_secret_is_found_wherever_a_long_line_is_cut(before: int):
    assert GITHUB in secrets_in("x " * (before // 2) + f"token={GITHUB}" + " x" * 3000)


@given(st.text(max_size=300))
def test_nothing_is_lost_whatever_the_text(text: str):
    assert redacted_and_restored(text) == text
