"""Tables of pandas, polars and pyarrow as Arrow IPC files, which keep every column type and are mapped, not parsed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifacts.digest import DigestWriter
from ..contracts.materializer import Materializer, Unsuited

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SERIES = b"podium.series"


class ArrowMaterializer(Materializer):
    """`pyarrow.Table`."""

    types = ("pyarrow.lib:Table",)
    suffix = ".arrow"

    def save(self, value: Any, path: Path) -> tuple[str, int]:
        """Write the table as it lies in memory."""
        return _write(value, path)

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - the file says what it is
        """Map the file: columns are read when they are used."""
        return _read(path)


class PandasMaterializer(Materializer):
    """`pandas.DataFrame` and `pandas.Series`; ones that Arrow would change are left to the next materializer."""

    types = (
        "pandas:DataFrame",
        "pandas:Series",
        "pandas.core.frame:DataFrame",
        "pandas.core.series:Series",
    )
    suffix = ".arrow"

    def save(self, value: Any, path: Path) -> tuple[str, int]:
        """Write the frame; raise Unsuited, with the reason, when it would not come back as it is."""
        import pandas as pd

        if type(value) is pd.Series:
            if not isinstance(value.name, (str, int, type(None))):
                raise Unsuited(f"the series' name {value.name!r} has no place in an Arrow file")
            table = _to_arrow(value.to_frame("value"))
            named = {**table.schema.metadata, _SERIES: json.dumps(value.name)}
            return _write(table.replace_schema_metadata(named), path)
        if type(value) is not pd.DataFrame:
            raise Unsuited(f"{type(value).__name__} is a subclass of what it would come back as")
        return _write(_to_arrow(value), path)

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - the file says what it is
        """Read the frame into memory of its own."""
        import pandas as pd

        table = _read(path)
        frame: pd.DataFrame = table.to_pandas()
        if int(pd.__version__.partition(".")[0]) < 3:  # without copy-on-write a mapped column could not be changed
            frame = frame.copy()
        name = (table.schema.metadata or {}).get(_SERIES)
        return frame["value"].rename(json.loads(name)) if name else frame


class PolarsMaterializer(Materializer):
    """`polars.DataFrame`."""

    types = ("polars.dataframe.frame:DataFrame",)
    suffix = ".arrow"

    def save(self, value: Any, path: Path) -> None:
        """Write the frame; raise Unsuited for columns of Python objects, and for a subclass."""
        import polars as pl

        if type(value) is not pl.DataFrame or pl.Object in value.dtypes:
            raise Unsuited("the frame is of a subclass, or has a column of Python objects")
        value.write_ipc(path)

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - the file says what it is
        """Map the file."""
        import polars as pl

        return pl.read_ipc(path)


def _write(table: pa.Table, path: Path) -> tuple[str, int]:
    import pyarrow as pa

    table = table.unify_dictionaries()
    with DigestWriter(path) as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return file.written


def _read(path: Path) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    try:
        import pyarrow as pa
    except ImportError:
        raise Unsuited("pyarrow, which writes data frames, is not installed") from None
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what pyarrow warns of here is what it would lose
            table = pa.Table.from_pandas(frame)
    except (ValueError, TypeError, NotImplementedError, UserWarning) as error:  # Arrow's own errors are among these
        raise Unsuited(f"Arrow cannot hold the frame: {error}") from error
    changed = _difference(frame, table.slice(0, 1).to_pandas())
    if changed:
        raise Unsuited(f"Arrow would change the frame's {changed}")
    return table


def _difference(frame: pd.DataFrame, restored: pd.DataFrame) -> str | None:
    """Say what a frame of one row has lost on its way through Arrow, or what objects in the whole one would lose."""
    from datetime import date

    import pandas as pd

    if frame.attrs:
        return "attrs"
    if not frame.columns.equals(restored.columns) or _kinds(frame.columns) != _kinds(restored.columns):
        return "column names"
    if not frame.dtypes.equals(restored.dtypes):
        return "column types"
    is_kept = isinstance(frame.index, pd.RangeIndex) or _kinds(frame.index) == _kinds(restored.index)
    if not is_kept or getattr(frame.index, "freq", None) is not None:
        return "index"
    kept = {str, bytes, date, type(None)}
    for held in (*_levels(frame.index), *(column for _, column in frame.items())):
        if held.dtype == object and not set(map(type, held)) <= kept:
            return f"Python objects in {held.name!r}"
    return None


def _levels(index: pd.Index[Any]) -> list[pd.Index[Any]]:
    return [index.get_level_values(level) for level in range(index.nlevels)]


def _kinds(index: pd.Index[Any]) -> list[tuple[object, ...]]:
    return [(level.dtype, type(level.name), level.name) for level in _levels(index)]
