"""What steps print, whatever prints it, is in their own log: while they run and afterwards."""

from conformance.workspace import PATIENCE, Workspace, eventually, states

PRINTING = """
@step(settings=LIGHT)
def speaks(number: int):
    print(f"stdout {number}")
    print(f"stderr {number}", file=sys.stderr)
    logging.getLogger("a.b").warning("logging %s", number)
    subprocess.run(["echo", f"child {number}"])
    os.system(f"echo shell {number}")
    os.write(1, f"descriptor {number}\\n".encode())
    ctypes.CDLL(None).printf(f"native {number}".encode())

@pipeline
def flow():
    for number in range(6):
        speaks(number)
"""


class StepLogs:
    def test_all_that_a_step_prints_is_in_its_own_log(self, workspace: Workspace):
        workspace.run(workspace.write(PRINTING))
        everything = workspace.podium("runs", "logs").stdout.splitlines()
        for number in range(6):
            step = f"speaks_{number + 1}" if number else "speaks"
            said = [line.removeprefix(f"{step} | ") for line in everything if line.startswith(f"{step} | ")]
            kinds = ["stdout", "stderr", "logging", "child", "shell", "descriptor", "native"]
            assert sorted(said) == sorted(f"{kind} {number}" for kind in kinds)

    def test_a_log_is_read_while_the_step_runs(self, workspace: Workspace):
        file = workspace.write("""
@step
def speaks():
    print("first line")
    wait_for("go")
    print("last line")

@pipeline
def flow():
    speaks()
""")
        client = workspace.start("run", file)
        eventually(lambda: workspace.podium("runs", "list", "--output", "names").stdout)
        eventually(lambda: workspace.podium("runs", "logs", "speaks").stdout == "first line\n")
        follower = workspace.start("runs", "logs", "speaks", "--follow")
        assert follower.stdout.readline() == "first line\n"
        assert states(workspace.show()) == {"speaks": "running"}
        (workspace.folder / "go").touch()
        assert follower.communicate(timeout=PATIENCE)[0] == "last line\n"
        _, said = client.communicate(timeout=PATIENCE)
        assert client.returncode == 0
        assert workspace.log("speaks") == "first line\nlast line\n"
        assert "speaks | first line\n" in said

    def test_a_reader_that_leaves_harms_nothing(self, workspace: Workspace):
        file = workspace.write("""
@step
def speaks():
    for number in range(20_000):
        print(number)

@pipeline
def flow():
    speaks()
""")
        client = workspace.start("run", file)
        client.stdout.close()
        client.stderr.close()
        client.wait(timeout=PATIENCE)
        assert workspace.show()["state"] == "completed"
        assert workspace.log("speaks").splitlines() == [str(number) for number in range(20_000)]

    def test_bytes_that_are_no_text_and_long_lines_are_kept(self, workspace: Workspace):
        file = workspace.write(
            """
@step
def speaks():
    os.write(1, b"\\\\xff\\\\x00 caf\\\\xc3\\\\xa9 \\\\x1b[31m\\\\r")
    print("x" * 1_000_000, end="")

@pipeline
def flow():
    speaks()
""".replace("\\\\", "\\")
        )
        workspace.run(file)
        log = workspace.log("speaks")
        assert "café" in log
        assert log.endswith("x" * 1_000_000)
