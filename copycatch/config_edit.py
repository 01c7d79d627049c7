"""Changing `copycatch.toml` for its owner: her comments and her order stay; what would not load is not written."""

from __future__ import annotations

import os
import tempfile
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, Table, Whitespace

from copycatch import config_template
from copycatch.atomic_file import write_atomically
from copycatch.config import Config, ConfigError, Target
from copycatch.config_file import load_config

if TYPE_CHECKING:
    from collections.abc import Callable

LISTS = ("searches", "shops", "start", "listings", "sitemaps")  # of a target: what is visited there

Data = dict[str, Any]
_BY_HAND = "Nothing was changed. Write it into the file by hand; docs/configuration.md tells how."


def set_owner(path: Path, *, name: str, contact_url: str) -> Config:
    """Write owner.name and owner.contact_url into the configuration and return it as it is now.

    Raises:
        ConfigError: the file, or the new values, cannot be used; nothing was changed.
    """
    given = {"name": name, "contact_url": contact_url}

    def edit(document: tomlkit.TOMLDocument) -> None:
        owner = document.setdefault("owner", tomlkit.table())
        for key, value in given.items():
            if owner.get(key, "") != value:
                owner[key] = value

    def expect(data: Data) -> None:
        owner = data.setdefault("owner", {})
        owner.update({key: value for key, value in given.items() if owner.get(key, "") != value})

    return _changed(path, edit, expect)


def add_to_target(path: Path, name: str, key: str, value: str, *, marketplace: str) -> Config:
    """Add a value to one of a target's lists (`start`, `searches`, …), which is begun where there is none of that name.

    Raises:
        ConfigError: as `set_owner`.
    """

    def edit(document: tomlkit.TOMLDocument) -> None:
        targets = document.get("targets")
        if targets is None:
            targets = tomlkit.aot()
            document.append("targets", targets)
            targets = document["targets"]
        target = next((one for one in targets if one.get("name") == name), None)
        if target is None:
            target = tomlkit.table() if isinstance(targets, AoT) else tomlkit.inline_table()
            _fill(target, _begun(name, marketplace, key, value))
            targets.append(target)
        elif key in target:
            target[key].append(value)
        else:
            target[key] = [value]

    def expect(data: Data) -> None:
        targets = data.setdefault("targets", [])
        target = next((one for one in targets if one.get("name") == name), None)
        if target is None:
            targets.append(_begun(name, marketplace, key, value))
        else:
            target[key] = [*target.get(key, []), value]

    return _changed(path, edit, expect)


def remove_from_target(path: Path, name: str, key: str, value: str) -> Config:
    """Take a value out of a target's list, and the target itself where nothing is left in it to visit.

    Raises:
        ConfigError: as `set_owner`, or there is no such target or value.
    """
    wanted = next((target for target in load_config(path).targets if target.name == name), None)
    if wanted is None or key not in LISTS or value not in getattr(wanted, key):
        raise ConfigError(f"{name!r} names no {value!r}", remedy="Load the page again: it may be gone already.")
    emptied = not any(item for other in LISTS for item in getattr(wanted, other) if (other, item) != (key, value))

    def edit(document: tomlkit.TOMLDocument) -> None:
        targets: Any = document["targets"]
        place = next(number for number, one in enumerate(targets) if one["name"] == name)
        if not emptied:
            entries = targets[place][key]
            for number in reversed([number for number, entry in enumerate(entries) if entry == value]):
                del entries[number]
        elif len(targets) == 1:
            left = _comments_below(targets[place]) if isinstance(targets, AoT) else []
            document.remove("targets")
            for item in left:
                document.add(item)
        else:
            _drop(document, targets, place)

    def expect(data: Data) -> None:
        targets = data["targets"]
        place = next(number for number, one in enumerate(targets) if one["name"] == name)
        if not emptied:
            targets[place][key] = [entry for entry in targets[place][key] if entry != value]
            return
        del targets[place]
        if not targets:
            del data["targets"]

    return _changed(path, edit, expect)


def _begun(name: str, marketplace: str, key: str, value: str) -> Data:
    """Return the keys of a new target."""
    kind = {} if marketplace == "generic" else {"marketplace": marketplace}
    return {"name": name, **kind, key: [value]}


def _fill(table: Any, values: Data) -> None:
    for key, value in values.items():
        table[key] = value


def _drop(document: tomlkit.TOMLDocument, targets: Any, place: int) -> None:
    """Remove one of several targets; what its owner wrote below its last key stays, above the next table."""
    left = _comments_below(targets[place]) if isinstance(targets, AoT) else []
    above = targets[place - 1] if place else _table_above(document)
    del targets[place]
    for item in left:
        (document if above is None else above).add(item)


def _table_above(document: tomlkit.TOMLDocument) -> Any:
    """Return the last table that stands before the targets; None where there is none."""
    tables = []
    for key, item in document.body:
        if key is not None and key.key == "targets":
            break
        if isinstance(item, Table):
            tables.append(item)
    return tables[-1] if tables else None


def _comments_below(table: Any) -> list[Comment | Whitespace]:
    """Return the comments below a table's last key, but for those that `init` and `demo` write there themselves."""
    ours = {line for line in config_template.target_lines(Target(name="x")) if line.startswith("#")}
    below: list[Comment | Whitespace] = []
    for key, item in table.value.body:
        if key is not None and not isinstance(item, Whitespace):
            below = []
        elif isinstance(item, Comment) and item.as_string().strip() not in ours:
            below.append(tomlkit.comment(item.as_string().strip().removeprefix("#").removeprefix(" ")))
    return below


def _changed(path: Path, edit: Callable[[tomlkit.TOMLDocument], None], expect: Callable[[Data], None]) -> Config:
    """Edit the file, and put it in place only where it loads and says what `expect` makes of the old values."""
    load_config(path)  # what is broken already is told in its own words
    real = path.resolve()  # where it is a link, the file it leads to is changed
    text = real.read_bytes().decode("utf-8")
    wanted = deepcopy(tomllib.loads(text))
    expect(wanted)
    try:
        document = tomlkit.parse(text)
        edit(document)
        edited = tomlkit.dumps(document)
        got = tomllib.loads(edited)
    except (TOMLKitError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is written in a way that cannot be changed here: {error}", remedy=_BY_HAND) from None
    if got != wanted:
        raise ConfigError(f"{path} is written in a way that cannot be changed here", remedy=_BY_HAND)
    config = _loaded(path, edited)
    if edited != text:
        write_atomically(real, edited.encode())
    return config


def _loaded(path: Path, text: str) -> Config:
    """Return the configuration that a text stands for; a ConfigError names `path`."""
    handle, name = tempfile.mkstemp(suffix=".toml")
    trial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        return load_config(trial)
    except ConfigError as error:
        raise ConfigError(error.message.replace(name, str(path)), remedy=_BY_HAND) from None
    finally:
        trial.unlink(missing_ok=True)
