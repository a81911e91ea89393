"""Device files of GPUs, as machines and containers have them."""

import pytest

from podium.core.gpus import has_gpu_device


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["null"], False),
        (["nvidiactl", "nvidia-uvm"], False),
        (["nvidiactl", "nvidia0"], True),
        (["nvidia11"], True),
        (["dri/card0"], False),
        (["dri/renderD128"], True),
        (["dxg"], True),
    ],
)
def test_a_gpu_is_seen_by_its_device_file(tmp_path, files, found):
    for name in files:
        path = tmp_path / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert has_gpu_device(tmp_path) == found
