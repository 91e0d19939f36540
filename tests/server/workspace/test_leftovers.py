"""What a killed daemon leaves behind is swept, and what a living one holds is not."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tercet_server.workspace.leftovers import give_back, sweep, take_place

from tests.doubles.workspace_ground import Ground

HOLD = """
import sys
from pathlib import Path
from tercet_server.workspace.leftovers import take_place
place = take_place(Path(sys.argv[1]))
(place.path / "tree").mkdir()
(place.path / "tree" / "a.py").write_text("a")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_killed_owners_places_are_swept_and_a_living_ones_are_not(tmp_path: Path):
    places = tmp_path / "copies"
    assert sweep(places) == 0
    mine = take_place(places)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(places)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        assert sweep(places) == 0
        assert len(list(places.iterdir())) == 4
        owner.kill()
        owner.wait()
        assert sweep(places) == 1
    assert sorted(places.iterdir()) == [mine.path, mine.path.with_name(mine.path.name + ".lock")]
    give_back(mine)
    assert list(places.iterdir()) == []


async def test_the_service_sweeps_at_its_start(ground: Ground):
    place = await asyncio.to_thread(take_place, ground.cache / "copies")
    place.lock.close()  # as the system does when a process ends
    (place.path / "trash" / "half-removed").mkdir()
    (ground.cache / "copies" / "no-lock").mkdir()
    await ground.service.sweep()
    assert ground.copies() == []
