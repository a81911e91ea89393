import re

import pytest
import yaml
from compose.hosts import graph, job
from hypothesis import given
from hypothesis import strategies as st

from podium.core.compose.document import ServiceOptions, compose_file, compose_v2_file
from podium.core.contracts.graph_orchestrator import EACH_RUN, ENDS_FOLDER, GPU_LOCKS_FOLDER
from podium.core.execution.job_document import SECRETS_FILE
from podium.core.secrets.secret import Secret
from podium.core.spec import ResourceSpec

PLAIN = ServiceOptions()
HOST = {"PODIUM_USER": "1:2", "PODIUM_USER_NAME": "me", "PODIUM_RUN_ID": "r-1", "PODIUM_HANDLE": "ssh://h/r-1"}
_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>[A-Z0-9_]+)(?::-(?P<default>[^}]*))?\})")


def interpolated(value, variables=HOST):
    """Do to values what Compose does, and refuse a `$` that means nothing to it."""
    if isinstance(value, dict):
        return {key: interpolated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, variables) for item in value]
    if not isinstance(value, str):
        return value

    def put(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        return variables.get(found["name"], found["default"])

    assert "$" not in _VARIABLE.sub("", value)
    return _VARIABLE.sub(put, value)


def services(graph, options=PLAIN, variables=HOST):
    text = compose_file(graph, options if callable(options) else lambda _: options)
    return interpolated(yaml.safe_load(text)["services"], variables)


def service(made, options=PLAIN, **graph_fields):
    return services(graph({"s": (made,)}, **graph_fields), options)["s"]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
hostile = texts | st.sampled_from(
    ["$HOME", "${X:-y}", "$$", "1e3", "08", "0o17", "y", "~", "a: b # c", "- x\n'\"", "🌊"]
)


@given(value=hostile, word=hostile, path=hostile, label=hostile)
def test_every_text_comes_out_as_it_went_in(value, word, path, label):
    made = job("s", environment={"A": value}, command=("sh", word), labels={"l": label})
    found = service(made, ServiceOptions(mounts={f"/{path}": f"/in/{path}"}, extra={"hostname": word}))
    assert found["environment"] == {"USER": "me", "A": value}
    assert (found["command"], found["labels"], found["hostname"]) == (["sh", word], {"l": label}, word)
    assert found["volumes"] == [{"type": "bind", "source": f"/{path}", "target": f"/in/{path}"}]


@given(texts)
def test_no_reader_of_yaml_takes_a_text_for_a_number(text):
    made = graph({"s": (job("s", environment={"A": text}),)})
    [node] = [
        value
        for key, value in _pairs(yaml.compose(compose_file(made, lambda _: PLAIN)))
        if key == "A" and value.style is None
    ] or [None]
    number_of_yaml_1_2 = r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"
    assert node is None or not re.fullmatch(number_of_yaml_1_2, node.value.replace("_", ""))


def _pairs(node):
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, value
            yield from _pairs(value)


def test_equal_graphs_give_equal_text():
    made = graph({"a": ("x",), "b": ("y", "a")})
    assert compose_file(made, lambda _: PLAIN) == compose_file(made, lambda _: ServiceOptions())


def test_a_service_waits_for_the_success_of_those_before_it():
    found = services(graph({"a": ("",), "b": ("", "a")}, begin=job("podium-begin")))
    done = {"condition": "service_completed_successfully"}
    assert [found[name].get("depends_on") for name in ("podium-begin", "a", "b", "podium-end")] == [
        None,
        {"podium-begin": done},
        {"podium-begin": done, "a": done},
        None,
    ]


def test_only_the_first_job_of_a_firing_is_told_its_handle_and_all_its_run():
    made = job(
        "a", environment={"RUN": EACH_RUN}, command=("x", f"s3://b/{EACH_RUN}/y"), labels={"podium.run": EACH_RUN}
    )
    found = services(graph({"a": (made,)}, begin=job("podium-begin")))
    assert found["a"]["command"] == ["x", "s3://b/r-1/y"]
    assert found["a"]["labels"] == {"podium.run": "r-1"}
    assert found["a"]["environment"] == {"USER": "me", "RUN": "r-1"}
    assert found["podium-begin"]["environment"]["PODIUM_HANDLE"] == "ssh://h/r-1"


def test_secrets_are_mounted_and_never_written():
    made = graph({"a": (job("a", secrets=Secret("s3cret-4711")),), "b": ("",)}, end=job("podium-end"))
    text = compose_file(made, lambda _: PLAIN)
    assert "4711" not in text
    found = services(made)
    assert found["a"]["volumes"] == [
        {"type": "bind", "source": "./secrets/a.json", "target": SECRETS_FILE, "read_only": True}
    ]
    assert "volumes" not in found["b"]
    assert [mount["target"] for mount in found["podium-end"]["volumes"]] == [ENDS_FOLDER]


@pytest.mark.parametrize(
    ("options", "devices"),
    [
        (PLAIN, [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]),
        (ServiceOptions(gpus=[0, 2]), [{"driver": "nvidia", "device_ids": ["0", "2"], "capabilities": ["gpu"]}]),
        (ServiceOptions(gpu=False), None),
    ],
)
def test_steps_that_ask_for_gpus_get_those_that_are_allowed_and_their_locks(options, devices):
    made = graph({"g": (job("g", resources=ResourceSpec(gpu_count=1)),), "c": ("",)})
    found = services(made, options, {**HOST, "PODIUM_GPU_LOCKS": "/run/lock"})
    assert "deploy" not in found["c"]
    assert found["g"].get("deploy") == (devices and {"resources": {"reservations": {"devices": devices}}})
    locks = [(mount["source"], mount["target"]) for mount in found["g"].get("volumes", [])]
    assert locks == ([("/run/lock", GPU_LOCKS_FOLDER)] if devices else [])


def test_resources_are_limits_and_a_lenient_step_takes_what_the_host_has():
    strict = service(job("s", resources=ResourceSpec(cpu_count=1.5, memory=1 << 30)))
    assert (strict["cpus"], strict["mem_limit"], strict["memswap_limit"]) == (1.5, 1 << 30, 1 << 30)
    lenient = graph({"s": (job("s", resources=ResourceSpec(cpu_count=64, strict=False)),)})
    assert services(lenient)["s"]["cpus"] == "64"
    assert services(lenient, variables={**HOST, "PODIUM_CPUS_64000": "2"})["s"]["cpus"] == "2"
    assert "cpus" not in service(job("s"))


def test_options_of_docker_run_are_added_to_what_podium_needs():
    extra = {"network_mode": "host", "extra_hosts": ["a:1.2.3.4"], "labels": {"l": "$x", "podium.step": "no"}}
    found = service(job("s"), ServiceOptions(extra=extra))
    assert found["network_mode"] == "host"
    assert found["extra_hosts"] == ["a:1.2.3.4", "host.docker.internal:host-gateway"]
    assert found["labels"] == {"l": "$x", "podium.step": "s"}


def test_compose_v2_is_told_to_make_no_folder_for_a_mount():
    made = graph({"s": ("",)})
    assert compose_v2_file(made, lambda _: PLAIN) is None
    found = interpolated(yaml.safe_load(compose_v2_file(made, lambda _: ServiceOptions(mounts={"/a$": "/b"}))))
    mount = {"type": "bind", "source": "/a$", "target": "/b", "bind": {"create_host_path": False}}
    assert found["services"]["s"] == {"volumes": [mount]}
