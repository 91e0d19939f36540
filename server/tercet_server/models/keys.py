"""Finds a provider's key: in the environment, in the system's key store, or by a command. Never stored, never logged."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping

from tercet_shared.errors import NoModel

from tercet_server.models import aws
from tercet_server.models.catalogue import Provider

COMMAND_DEADLINE_S = 20.0
MASK = "[key]"
MOST_MASKED = 300
"""Secrets that are remembered to be masked: those of AWS are others every hour, and an error may be of the ones before."""

NO_KEY = "none"
"""Sent where no key is needed, because litellm would otherwise look for one of another vendor in the environment."""


class Keys:
    """Looks a key up when it is first needed, and keeps it in memory alone."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._found: dict[str, str] = {}
        self._secrets: deque[str] = deque(maxlen=MOST_MASKED)

    async def key(self, provider: Provider) -> str:
        """Raises NoModel, with where the key was looked for and never with any of it."""
        found = self._found.get(provider.name)
        if found is None or (provider.kind == aws.KIND and aws.is_stale(found)):
            found = await self._look_up(provider) if provider.needs_key else NO_KEY
            self._found[provider.name] = found
            self._secrets.extend(each for each in aws.secrets_of(found) if each not in self._secrets)
        return found

    def forget(self, provider: Provider) -> None:
        """The vendor did not like the key: it is looked up anew next time."""
        self._found.pop(provider.name, None)

    def masked(self, text: str) -> str:
        """The text without any key that was found lately, whether it is still in use or not."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) > len(NO_KEY):
                text = text.replace(secret, MASK)
        return text

    async def _look_up(self, provider: Provider) -> str:
        settings = provider.settings
        if settings.key_command:
            return _checked(
                provider, await _printed(provider.name, settings.key_command, of_aws=provider.kind == aws.KIND)
            )
        if settings.key_keyring:
            return _checked(provider, await asyncio.to_thread(_from_keyring, provider.name, settings.key_keyring))
        return _checked(provider, self._in_environment(provider))

    def _in_environment(self, provider: Provider) -> str:
        variable = provider.settings.key_env or provider.key_env
        key = self._environ.get(variable, "").strip()
        either = ""
        if provider.kind == aws.KIND and not provider.settings.key_env:
            key = key or aws.from_variables(self._environ)
            either = ", or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
        if not key:
            raise NoModel(
                f"The key of {provider.name} was not found: the environment variable {variable}{either} is not set where the"
                f" daemon was started. Set it and restart the daemon, or set providers.{provider.name}.key_command."
            )
        return key


def _checked(provider: Provider, key: str) -> str:
    """Raises NoModel for what is to be keys of AWS and cannot be used."""
    if provider.kind != aws.KIND:
        return key
    try:
        signs, stale = aws.keys_of(key) is not None, aws.is_stale(key)
    except ValueError:
        raise NoModel(
            f"The key of {provider.name} is neither a bearer token nor JSON with AccessKeyId and SecretAccessKey, as"
            " `aws configure export-credentials` prints it."
        ) from None
    if signs and not provider.settings.region:
        raise NoModel(f"AWS's keys sign for a region: set providers.{provider.name}.region.")
    if stale:
        raise NoModel(f"The keys of {provider.name} have expired. Sign in to AWS again.")
    return key


async def _printed(name: str, command: list[str], *, of_aws: bool) -> str:
    """`of_aws`: it may print AWS's keys, which are several lines of JSON."""
    where = f"The key of {name} was not found: providers.{name}.key_command ({command[0]})"
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise NoModel(f"{where} cannot be run ({type(error).__name__}).") from None
    try:
        async with asyncio.timeout(COMMAND_DEADLINE_S):
            output, _ = await process.communicate()
    except TimeoutError:
        raise NoModel(f"{where} did not end within {COMMAND_DEADLINE_S:.0f} s.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    key = output.decode("utf-8", "replace").strip()
    if process.returncode or not key or ("\n" in key and not (of_aws and key.startswith("{"))):
        raise NoModel(f"{where} must print one line and exit with 0; it exited with {process.returncode}.")
    return key


def _from_keyring(name: str, place: str) -> str:
    where = f"The key of {name} was not found: providers.{name}.key_keyring ({place})"
    service, _, user = place.rpartition("/")
    try:
        import keyring  # noqa: PLC0415  # of the extra, and only for those who keep a key there
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        raise NoModel(f"{where} needs the extra `models`: run `pip install 'tercet[models]'`.") from None
    try:
        key = keyring.get_password(service, user)
    except (KeyringError, OSError, RuntimeError) as error:
        raise NoModel(f"{where} cannot be read ({type(error).__name__}).") from None
    if not key:
        raise NoModel(f"{where} holds nothing. Store it with `keyring set {service} {user}`.")
    return key
