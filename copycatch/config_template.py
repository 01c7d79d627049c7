"""`copycatch.toml` as `init` and `demo` write it: every key with its meaning, unit and default."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby

from copycatch.config import Config, Key, Target, Webhook, attribute, keys

_HEAD = """\
# copycatch: what is watched, and how politely. Every key has a default; a line that begins with # shows it.
# Remove the # to change a value. Unknown keys are errors, so a typing mistake never passes silently.
"""

_EXAMPLE_NOTE = """\
# What is watched: one table per shop. To use this example, remove the # before [[targets]], before name and before
# start; without the first, the two others would belong to the section above.

"""

_WEBHOOK_NOTE = """\
# Programs that are told of decisions: one table each. To use this example, remove the # before [[webhooks]], before
# name and before url.

"""

_WEBHOOK = Webhook(name="complaints", url="https://complaints.example/copycatch")
_EXAMPLE = Target(name="example-shop", start=("https://shop.example/",))


def render(config: Config) -> str:
    """Return the text of a commented configuration file that `load_config` reads back as `config`.

    Keys at their default are commented out. Without targets an example stands in their place, commented out too.
    """
    parts = [_HEAD]
    for section, group in groupby(keys(), key=lambda key: key.section):
        described = list(group)
        if section == "targets":
            parts += [_table(described, target, live=True) for target in config.targets]
            if not config.targets:
                parts.append(_EXAMPLE_NOTE + _table(described, _EXAMPLE, live=False))
        elif section == "webhooks":
            parts += [_table(described, webhook, live=True) for webhook in config.webhooks]
            if not config.webhooks:
                parts.append(_WEBHOOK_NOTE + _table(described, _WEBHOOK, live=False))
        else:
            lines = [_entry(key, getattr(getattr(config, attribute(section)), key.name)) for key in described]
            parts.append(f"[{section}]\n" + "\n".join(lines))
    return "\n".join(parts)


def target_lines(target: Target) -> list[str]:
    """Return the lines with which a target stands in a file that `render` wrote."""
    described = [key for key in keys() if key.section == "targets"]
    return _table(described, target, live=True).split("\n")


def toml_value(value: object) -> str:
    """Return a configuration value as TOML text."""
    if isinstance(value, tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    # JSON's strings, numbers, true and false are TOML's too, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _table(described: list[Key], values: Target | Webhook, *, live: bool) -> str:
    entries = f"[[{described[0].section}]]\n" + "\n".join(_entry(key, getattr(values, key.name)) for key in described)
    if live:
        return entries
    return "\n".join(line if not line or line.startswith("#") else f"# {line}" for line in entries.split("\n"))


def _entry(key: Key, value: object) -> str:
    unit = f" [{key.about.unit}]" if key.about.unit else ""
    about = textwrap.fill(
        key.about.text + unit, 100, initial_indent="# ", subsequent_indent="# ", break_long_words=False
    )
    setting = f"{key.name} = {toml_value(value)}"
    return f"{about}\n{setting if value != key.default else '# ' + setting}\n"
