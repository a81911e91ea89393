"""Steps run side by side as far as what they ask for is there, and what never is there is refused first."""

from conformance.workspace import Workspace

SPANS = """
def span(name):
    note(name, f"begin {{time.monotonic()}}")
    time.sleep(0.4)
    note(name, f"end {{time.monotonic()}}")

@step(settings={{"resources": ResourceSettings(cpu_count={cpus})}})
def busy(name: str):
    span(name)

@pipeline{options}
def flow():
    for name in ("a", "b", "c"):
        busy(name)
"""


def overlaps(workspace: Workspace, *names: str) -> int:
    """Return how many pairs of the named spans overlap."""
    spans = [[float(line.split()[1]) for line in workspace.notes(name)] for name in names]
    return sum(one[0] < other[1] and other[0] < one[1] for one in spans for other in spans) // 2 - len(spans) // 2


class Admission:
    def test_steps_that_ask_for_little_run_side_by_side(self, workspace: Workspace):
        file = workspace.write("""
@step(settings=LIGHT)
def meets(name: str, others: list[str]):
    note(name)
    for other in others:
        wait_for(other)

@pipeline
def flow():
    for name in "abc":
        meets(name, list("abc"))
""")
        workspace.run(file)

    def test_steps_that_ask_for_everything_run_one_by_one(self, workspace: Workspace):
        from podium.core.machine import this_machine

        workspace.run(workspace.write(SPANS.format(cpus=this_machine().cpus, options="")))
        assert overlaps(workspace, "a", "b", "c") == 0

    def test_steps_that_can_never_run_are_refused_before_anything_does(self, workspace: Workspace):
        file = workspace.write("""
@step
def fits():
    note("ran")

@step(settings={"resources": ResourceSettings(cpu_count=9999)})
def wide():
    pass

@step(settings={"resources": ResourceSettings(memory="900TB")})
def big():
    pass

@pipeline
def flow():
    fits()
    wide()
    big()
""")
        result = workspace.podium("run", file)
        assert result.returncode == 2
        assert "'wide'" in result.stderr
        assert "'big'" in result.stderr
        assert "'fits'" not in result.stderr
        assert workspace.notes("ran") == []
        assert workspace.podium("runs", "list", "--output", "names").stdout == ""

    def test_a_step_that_is_not_strict_takes_what_there_is(self, workspace: Workspace):
        file = workspace.write(SPANS.format(cpus="9999, strict_resources=False", options=""))
        workspace.run(file)
        assert overlaps(workspace, "a", "b", "c") == 0
