"""Users and runs share one machine, and its two GPUs are never handed out twice."""

import itertools

from conformance.compose_stack import left, register
from conformance.workspace import PATIENCE, Workspace, eventually, states
from servers.instance import V1, V2
from servers.instance_disk import GPUS

GPU_STEPS = """
def use(count):
    own = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
    assert len(own) == count
    begin = time.monotonic()
    time.sleep(1)
    for gpu in own:
        note("used", f"{gpu} {begin} {time.monotonic()}")

@step(settings={"resources": ResourceSettings(cpu_count=0.1, gpu_count=1)})
def one():
    use(1)

@step(settings={"resources": ResourceSettings(cpu_count=0.1, gpu_count=2)})
def both():
    use(2)

@pipeline
def flow():
    one()
    one()
    both()
"""


def test_two_users_runs_at_once(tmp_path, workspace: Workspace, remote_image, cloud):
    other = Workspace(tmp_path / "other")
    other.folder.mkdir()
    for space, user in ((workspace, V1), (other, V2)):
        register(space, remote_image, cloud, username=user)
        space.environment["PODIUM_STACK"] = "hyperai"
    clients = [space.start("run", space.write(GPU_STEPS)) for space in (workspace, other)]
    for client in clients:
        _, said = client.communicate(timeout=2 * PATIENCE)
        assert client.returncode == 0, said
    used = [line.split() for space in (workspace, other) for line in space.notes("used")]
    assert {gpu for gpu, *_ in used} == {*GPUS}
    assert len(used) == 8
    for gpu in GPUS:
        spans = sorted((float(begin), float(end)) for name, begin, end in used if name == gpu)
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans)), spans
    for space, user in ((workspace, V1), (other, V2)):
        assert {*states(space.show()).values()} == {"completed"}
        eventually(lambda space=space, user=user: not left(space, remote_image, user))
