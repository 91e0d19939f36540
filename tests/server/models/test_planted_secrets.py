"""Every kind of secret that detect-secrets knows, planted in source code: none of them reaches the vendor."""

import asyncio
import base64
import hashlib

import pytest
from detect_secrets.settings import default_settings, get_plugins
from tercet_server.config import Settings
from tercet_server.models import open_gateway
from tercet_server.ports import ask

from tests.doubles.scripted_model import RememberedSpending, asked
from tests.doubles.vendor import Received, Says, Vendor

HEX = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(8))
LETTERS = base64.b64encode(HEX.encode()).decode().replace("=", "")
LOWER = "".join(each for each in LETTERS.lower() if each.isalpha())

SAMPLES = {
    "ArtifactoryDetector": f'artifactory = "AKC{LETTERS[:20]}"',
    "AWSKeyDetector": 'client("s3", "AKIA' + 'IOSFODNN7EXAMPL3")',
    "AzureStorageKeyDetector": f'url = "AccountName=shop;AccountKey={LETTERS[:88]}"',
    "BasicAuthDetector": 'database = "postgresql://shop:' + 'tr0ub4dor@db.example.com/shop"',
    "CloudantDetector": f'store = "https://shop:{HEX[:64]}@shop.cloudant.com"',
    "DiscordBotTokenDetector": f'bot.run("M{LETTERS[:23]}.{LETTERS[30:36]}.{LETTERS[40:67]}")',
    "GitHubTokenDetector": f'headers = ("Authorization", "token ghp_{LETTERS[:36]}")',
    "GitLabTokenDetector": f'remote = "glpat-{LETTERS[:20]}"',
    "Base64HighEntropyString": 'blob = "c3VwZXIgbG9uZyBzdHJpbmc' + 'gc2hvdWxkIGNhdXNlIGVub3VnaCBlbnRyb3B5"',
    "HexHighEntropyString": f'digest = "{HEX[64:112]}"',
    "IbmCloudIamDetector": f'ibm_cloud_iam_api_key = "{LETTERS[200:244]}"',
    "IbmCosHmacDetector": f'cos_hmac_secret_access_key = "{HEX[112:160]}"',
    "IPPublicDetector": 'host = "8.8.' + '4.4"',
    "JwtTokenDetector": 'session = "eyJhbGciOiJIUzI1NiJ9.'
    + 'eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFO"',
    "KeywordDetector": 'password = "correct-horse-' + 'battery"',
    "MailchimpDetector": f'mail = "{HEX[160:192]}-us12"',
    "NpmDetector": f"registry = '//registry.npmjs.org/:_authToken=npm_{LETTERS[:36]}'",
    "OpenAIDetector": f'client = OpenAI("sk-{LETTERS[:20]}T3Blbk' + f'FJ{LETTERS[20:40]}")',
    "PrivateKeyDetector": 'pem = """-----BEGIN RSA PRIVATE '
    + f'KEY-----\n{LETTERS[:64]}\n-----END RSA PRIVATE KEY-----"""',
    "PypiTokenDetector": f'upload("pypi-AgEIcHlwaS5vcmc{LETTERS[:80]}")',
    "SendGridDetector": f'grid = "SG.{LETTERS[:22]}.{LETTERS[22:65]}"',
    "SlackDetector": 'slack = "xoxb-' + '123456789012-123456789012-a1b2c3d4e5f6g7h8i9j0k1l2"',
    "SoftlayerDetector": f'softlayer_api_key = "{HEX[192:256]}"',
    "SquareOAuthDetector": f'square = "sq0csp-{LETTERS[:43]}"',
    "StripeDetector": f'stripe.api = "sk_live_{LETTERS[:24]}"',
    "TelegramBotTokenDetector": f'Bot("110201543:{LETTERS[:35]}")',
    "TwilioKeyDetector": f'twilio = "SK{HEX[256:288]}"',
}
"""One line of source a detector. Written in pieces: this file holds no secret either."""


def secrets_of(detector: str) -> set[str]:
    """What detect-secrets itself finds in the sample."""
    with default_settings():
        plugins = {type(each).__name__: each for each in get_plugins()}
    found = set()
    for line in SAMPLES[detector].splitlines():
        found |= {
            each.secret_value for each in plugins[detector].analyze_line(filename="a.py", line=line, line_number=1)
        }
    return {each for each in found if each}


def test_every_detector_has_a_sample_that_it_finds():
    with default_settings():
        assert {type(each).__name__ for each in get_plugins()} == set(SAMPLES)
    assert [name for name in SAMPLES if not secrets_of(name)] == []


@pytest.fixture(scope="module")
def received() -> Received:
    """What the vendor got to see of a file with all of them."""
    source = "".join(f"def f{number}():\n    {line}\n\n\n" for number, line in enumerate(SAMPLES.values()))
    with Vendor([Says("seen")]) as vendor:
        settings = Settings.model_validate(
            {
                "models": {"coder": ["v/gpt-4o"], "stall_s": 300.0},
                "providers": {"v": {"kind": "openai_compatible", "endpoint": f"{vendor.url}/v1"}},
            }
        )
        gateway = open_gateway(settings, RememberedSpending(), {})
        assert gateway is not None
        asyncio.run(ask(gateway, asked(source, deadline_s=300.0)))
        return vendor.requests[0]


@pytest.mark.parametrize("detector", SAMPLES)
def test_a_planted_secret_never_reaches_the_vendor(received: Received, detector: str):
    assert "def f26()" in received.text
    for secret in secrets_of(detector):
        assert secret not in received.text
