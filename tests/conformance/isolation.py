"""Steps do not reach into each other, names and values cannot do harm, and what must not leave the client does not."""

from conformance.workspace import PATIENCE, Workspace, eventually, pid_here, states

HOSTILE_NAMES = ["../x y;$(touch z)", "a/b", "", ".", "x" * 300, "name\nwith line", "-rf", "ß" * 99]
MARKER = "marker-7c1f"


class Isolation:
    def test_environment_reaches_only_its_own_step(self, workspace: Workspace, client):
        file = workspace.write("""
GREETING_AT_IMPORT = os.environ.get("GREETING")

@step(environment={"GREETING": "hello $HOME"})
def has() -> list[str]:
    return [GREETING_AT_IMPORT, os.environ["GREETING"], subprocess.getoutput("echo $GREETING")]

@step
def has_not(others: list[str]) -> bool:
    return "GREETING" in os.environ

@pipeline
def flow():
    has_not(has())
""")
        run, _ = workspace.run(file)
        steps = client().get_pipeline_run(run["id"]).steps
        assert steps["has"].output.load() == ["hello $HOME"] * 3
        assert steps["has_not"].output.load() is False

    def test_a_step_leaves_nothing_to_the_next(self, workspace: Workspace, client):
        file = workspace.write("""
def state():
    handler = signal.getsignal(signal.SIGTERM).__name__
    threads = [thread.name for thread in threading.enumerate() if thread.name == "left"]
    return [os.getcwd() == "/", os.environ.get("LEFT"), threads, handler, sys.stdin.read()]

def watch():
    while True:
        note("thread", os.getpid())
        time.sleep(0.05)

@step
def clean() -> list:
    return state()

@step
def dirty(before: list) -> int:
    os.chdir("/")
    os.environ["LEFT"] = "behind"
    signal.signal(signal.SIGTERM, lambda *_: time.sleep(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return 1

@step
def leaves(before: int) -> int:
    threading.Thread(target=watch, name="left").start()
    children = [subprocess.Popen(["sleep", "600"], start_new_session=session).pid for session in (False, True)]
    for pid in (os.getpid(), *children):
        note("left", process(pid))
    return 1

@step
def after(before: list, left: int) -> list:
    return state()

@step
def last(before: list):
    note("last")
    wait_for("seen")

@pipeline
def flow():
    before = clean()
    last(after(before, leaves(dirty(before))))
""")
        process = workspace.start("run", file)
        eventually(lambda: workspace.notes("last"))
        assert len(workspace.notes("left")) == 3
        eventually(lambda: not any(map(pid_here, workspace.notes("left"))), 20)
        (workspace.folder / "seen").touch()
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        steps = client().list_pipeline_runs()[0].steps
        assert steps["after"].output.load() == steps["clean"].output.load()

    def test_hostile_names_of_steps_are_refused(self, workspace: Workspace):
        file = workspace.write(f"""
NAMES = {HOSTILE_NAMES!r}

@step
def called():
    note("ran")

@pipeline
def flow():
    for name in NAMES:
        called.with_options(name=name)()
        called(id=f"/{{name}}")
""")
        before = {*workspace.folder.iterdir()}
        result = workspace.podium("run", file)
        assert result.returncode == 2
        for name in HOSTILE_NAMES:
            for given in (name, f"/{name}"):
                assert f"step name {given!r} is not valid" in result.stderr
        assert "Traceback" not in result.stderr
        assert workspace.notes("ran") == []
        assert {*workspace.folder.iterdir()} - before <= {workspace.home, workspace.folder / "__pycache__"}

    def test_hostile_values_arrive_as_they_are(self, workspace: Workspace, client):
        values = [
            "$(touch z)", "`touch z`", "; rm -rf /", "../../etc/passwd", "%s %n {x} {0}", "\0", "\n\r\t", "名前 ß 😀",
            "'\"\\", "-", "--help", "null", "x" * 200_000,
        ]  # fmt: skip
        file = workspace.write(f"""
VALUES = {values!r}

@step
def same(value: str, index: int) -> str:
    assert value == VALUES[index]
    return value

@step
def all_of(values: list[str]) -> list[str]:
    return values

@pipeline
def flow(name: str):
    all_of([same(value, index) for index, value in enumerate(VALUES)])
    same(name, 0)
""")
        run, _ = workspace.run(file, "--param", f"name={values[0]}", "--name", HOSTILE_NAMES[0])
        assert run["name"] == HOSTILE_NAMES[0]
        assert client().get_pipeline_run(run["id"]).steps["all_of"].output.load() == values
        assert not (workspace.folder / "z").exists()

    def test_the_passphrase_stays_with_the_client(self, workspace: Workspace):
        file = workspace.write(
            """
def environment():
    own = [f"{name}={value}" for name, value in os.environ.items()]
    return [*own, subprocess.getoutput("env; cat /proc/self/environ")]

@step
def plain() -> list[str]:
    return environment()

@step(environment={"A": "B"})
def fresh(x: list[str]) -> list[str]:
    return environment()

@step
def fails(x: list[str]):
    print(environment())
    raise ValueError

@pipeline
def flow():
    fails(fresh(plain()))
""".replace("\\\\", "\\")
        )
        workspace.environment["PODIUM_SECRETS_PASSPHRASE"] = MARKER
        for options in ([], ["--in-process"]):
            _, said = workspace.run(file, "--no-cache", *options, code=1)
            assert MARKER not in said
        workspace.podium("run", file, "--no-cache", "--detach")
        eventually(lambda: workspace.show()["state"] == "failed")
        files = [path for path in workspace.home.rglob("*") if path.is_file()]
        assert len(files) > 10
        assert [path for path in files if MARKER.encode() in path.read_bytes()] == []

    def test_two_runs_of_one_file_at_once(self, workspace: Workspace):
        file = workspace.write("""
@step
def meets(other: str, own: str) -> str:
    note(own)
    wait_for(other)
    return own

@step
def last(own: str) -> str:
    return own

@pipeline
def flow(own: str, other: str):
    last(meets(other, own))
""")
        names = ("here", "there")
        runs = [
            workspace.start("run", file, "-p", f"own={own}", "-p", f"other={other}", "--name", own)
            for own, other in (names, names[::-1])
        ]
        for run in runs:
            _, said = run.communicate(timeout=PATIENCE)
            assert run.returncode == 0, said
        for name in names:
            assert set(states(workspace.show(name)).values()) == {"completed"}

    def test_objects_of_the_files_own_classes_pass_and_load_elsewhere(self, workspace: Workspace):
        file = workspace.write("""
from pydantic import BaseModel

class Colour(enum.Enum):
    RED = "red"

@dataclasses.dataclass
class Point:
    x: int
    colour: Colour

class Model(BaseModel):
    points: int

class Plain:
    def __init__(self, value):
        self.value = value

@step
def colour() -> Colour:
    return Colour.RED

@step
def point(colour: Colour) -> Point:
    assert colour is Colour.RED
    return Point(3, colour)

@step
def model(point: Point) -> Model:
    assert type(point) is Point and point == Point(3, Colour.RED)
    return Model(points=point.x)

@step
def plain(model: Model) -> Plain:
    assert type(model) is Model
    return Plain(model.points)

@step
def end(plain: Plain) -> int:
    assert type(plain) is Plain
    return plain.value

@pipeline
def flow():
    end(plain(model(point(colour()))))

if __name__ == "__main__":
    flow()
""")
        workspace.run(file)
        reader = workspace.folder / "reader.py"
        reader.write_text("""
from podium import Client
import flow
values = {name: step.output.load(trust=True) for name, step in Client().list_pipeline_runs()[0].steps.items()}
assert values["colour"] is flow.Colour.RED
assert values["point"] == flow.Point(3, flow.Colour.RED)
assert values["model"] == flow.Model(points=3)
assert type(values["plain"]) is flow.Plain and values["plain"].value == 3
assert values["end"] == 3
""")
        import subprocess
        import sys

        subprocess.run([sys.executable, reader], cwd=workspace.folder, env=workspace.environment, check=True)

    def test_a_file_that_starts_a_thread_while_it_is_imported(self, workspace: Workspace):
        file = workspace.write("""
threading.Thread(target=threading.Event().wait, daemon=True).start()

@step
def works() -> int:
    return 1

@pipeline
def flow():
    works()
""")
        run, _ = workspace.run(file)
        assert states(run) == {"works": "completed"}
