"""The demonstration's layers as they were delivered: one snapshot a day of publication, in one archive."""

import shutil
from collections import defaultdict
from pathlib import Path

from coverage_check.config import BUNDLED
from coverage_check.coverage.snapshot import import_layers

FIRST, SECOND = "2025-06-01", "2026-01-15"


def import_deliveries(archive: Path) -> None:
    """Import the layers published on each day, with those of earlier days that still speak, into a folder of that day."""
    source = archive.parent / "deliveries"
    source.mkdir()
    archive.mkdir()
    shutil.copytree(BUNDLED / "layers", source / "layers")
    shutil.copy(BUNDLED / "survey.geojson", source)
    head, *layers = (BUNDLED / "layers.toml").read_text(encoding="utf-8").split("[[layer]]")
    published = defaultdict(list)
    for layer in layers:
        published[layer.partition("published = ")[2][:10]].append(layer)
    so_far: list[str] = []
    for day in sorted(published):
        so_far += published[day]
        declaration = source / f"{day}.toml"
        declaration.write_text("[[layer]]".join([head, *so_far]), encoding="utf-8")
        import_layers(declaration, archive / day)


def archive_config(folder: Path, *keys: str) -> Path:
    """Write a config like the demonstration's, with an archive beside it instead of a snapshot, and further keys."""
    for name in ("products.toml", "register.sqlite"):
        shutil.copy(BUNDLED / name, folder)
    text = (BUNDLED / "coverage-check.toml").read_text(encoding="utf-8")
    config = folder / "coverage-check.toml"
    config.write_text(text.replace('snapshot = "snapshot/"', "\n".join(('snapshots = "archive/"', *keys))), encoding="utf-8")
    return config
