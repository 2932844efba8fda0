from __future__ import annotations

from quantrl import registry
from quantrl.data.sources import PACKAGE, formats


def test_every_source_is_described_and_every_suffix_has_one() -> None:
    names = registry.members(PACKAGE)
    assert names == ["csv", "numpy", "parquet", "synthetic"]
    modules = {name: registry.load(PACKAGE, name) for name in names}
    assert all(module.SUMMARY and module.__doc__ for module in modules.values())
    assert formats() == {".csv": "csv", ".npz": "numpy", ".parquet": "parquet", ".pq": "parquet"}
    assert all(callable(modules[name].read) for name in formats().values())
