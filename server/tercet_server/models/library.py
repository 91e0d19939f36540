"""Loads litellm: on first use, in a thread, with everything off that would read files, reach out or record."""

import asyncio
import importlib.util
import logging
import os
import threading
import warnings
from functools import cache
from types import ModuleType
from typing import Any

from tercet_shared.errors import NoModel

HOW_TO_ADD = "Language models need the extra `models`: run `pip install 'tercet[models]'`, then restart the daemon."

BEFORE_IMPORT = {
    "LITELLM_MODE": "PRODUCTION",  # else it loads the current folder's .env into our environment
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches prices when imported
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # else it fetches these on first use
    "LITELLM_LOCAL_BLOG_POSTS": "True",
}
NOT_FOR_IT = (
    "AWS_ROLE_NAME",
    "AWS_PROFILE_NAME",
    "AWS_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN",
    "AWS_STS_ENDPOINT",
    "AWS_EXTERNAL_ID",
    "AWS_BEDROCK_RUNTIME_ENDPOINT",
)
"""Variables of its own, not of AWS, by which it would reach for other keys than those it is told."""

TALKATIVE = (
    "LiteLLM",
    "LiteLLM Router",
    "LiteLLM Proxy",
    "openai",
    "anthropic",
    "httpx",
    "httpcore",
    "aiohttp",
    "botocore",
    "boto3",
)
"""Loggers that tell of requests, with prompts in them."""

_LOCK = threading.Lock()


def is_installed() -> bool:
    """Whether the extra is there; imports nothing of it."""
    return importlib.util.find_spec("litellm") is not None


async def litellm() -> Any:
    """The library, ready for use. Raises NoModel if it is not installed."""
    if _loaded.cache_info().currsize:  # no thread is needed for what is there
        return _loaded()
    return await asyncio.to_thread(load)


def load() -> Any:
    """Blocks for a second or two the first time."""
    with _LOCK:
        return _loaded()


@cache
def _loaded() -> ModuleType:
    if not is_installed():
        raise NoModel(HOW_TO_ADD)
    os.environ.update(BEFORE_IMPORT)
    for variable in NOT_FOR_IT:
        os.environ.pop(variable, None)
    _silence()
    import litellm  # noqa: PLC0415  # 160 MB and more than a second: only who asks a model pays for it

    warnings.filterwarnings("ignore", "Pydantic serializer warnings")  # about litellm's own models, on every answer
    library: Any = litellm
    library.telemetry = False
    library.suppress_debug_info = True
    library.drop_params = True
    library.disable_hf_tokenizer_download = True
    library.callbacks, library.success_callback, library.failure_callback = [], [], []
    _silence()
    asyncio.run(_warm(library))
    return litellm


def _silence() -> None:
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


async def _warm(library: Any) -> None:
    """Asks nobody anything, so that what litellm imports on its first call is imported here and not in the event loop."""
    messages = [{"role": "user", "content": ""}]
    stream = await library.acompletion(model="gpt-4o", messages=messages, mock_response="ready", stream=True)
    async for _ in stream:
        pass
