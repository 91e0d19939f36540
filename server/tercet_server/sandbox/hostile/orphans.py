"""What becomes of sandboxed code whose daemon is killed: a process stands in for the daemon, opens a sandbox, and is killed."""

import asyncio
import secrets
import signal
import sys
import tempfile
from pathlib import Path

from tercet_server.config import SandboxSettings
from tercet_server.sandbox import scratch
from tercet_server.sandbox.hostile.scene import running

DAEMON_KILLED = "the daemon is killed (SIGKILL)"
START_S = 60.0
END_S = 30.0
POLL_S = 0.05


async def orphaned(backend: str, settings: SandboxSettings) -> str:
    """What was left running of a back end's sandbox after its daemon's death, in words; empty: nothing."""
    mark = f"--tercet-{secrets.token_hex(8)}"
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tercet-trial-"))
    module = ["-m", "tercet_server.sandbox.hostile.stand_in"]
    host = await asyncio.create_subprocess_exec(
        *(sys.executable, *module, backend, settings.model_dump_json(), str(folder), mark),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert host.stdout is not None
        if await asyncio.wait_for(host.stdout.readline(), START_S) != b"ready\n":
            return "the sandbox did not start"
        host.send_signal(signal.SIGKILL)
        await host.wait()
        for _ in range(round(END_S / POLL_S)):
            if not await asyncio.to_thread(running, mark):
                return ""
            await asyncio.sleep(POLL_S)
        return "processes were left running"
    finally:
        if host.returncode is None:
            host.kill()
            await host.wait()
        await asyncio.to_thread(scratch.remove, folder)
