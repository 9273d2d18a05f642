"""Which file is meant: the configuration, a mapping by its name, a connector by its name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from syncd.resources import MAPPINGS

SYSTEM_WIDE = Path("/etc/syncd/syncd.yaml")


def find_config(option: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The configuration file: `--config`, else $SYNCD_CONFIG, ./syncd.yaml, /etc/syncd/syncd.yaml.

    A file in `cwd` is named relative to it. When nothing exists, ./syncd.yaml is named, for the complaint about it.
    """
    if option is not None:
        return option
    if environ.get("SYNCD_CONFIG"):
        return Path(environ["SYNCD_CONFIG"])
    if not (cwd / "syncd.yaml").is_file() and SYSTEM_WIDE.is_file():
        return SYSTEM_WIDE
    return Path("syncd.yaml") if cwd == Path.cwd() else cwd / "syncd.yaml"


def mapping_folders(config_folder: Path) -> Sequence[Path]:
    """Where mappings are looked for, the user's own first."""
    return (config_folder / "mappings" / "parasut", config_folder / "mappings", MAPPINGS / "parasut")


def connector_folders(config_folder: Path) -> Sequence[Path]:
    """Where connectors are looked for, the user's own first."""
    return (config_folder / "mappings" / "platforms", MAPPINGS / "platforms")


def find_by_name(name: str, folders: Sequence[Path], apart_from: Collection[Path] = ()) -> Path | None:
    """The first `NAME.yaml` in the folders that isn't one of the resolved files `apart_from`."""
    if not name or "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        return None
    for folder in folders:
        path = folder / f"{name}.yaml"
        if path.is_file() and path.resolve() not in apart_from:
            return path
    return None


def names_in(folders: Sequence[Path]) -> Iterator[str]:
    """The name of every YAML file in the folders, for "did you mean"."""
    for folder in folders:
        if folder.is_dir():
            yield from sorted(path.stem for path in folder.glob("*.yaml"))
