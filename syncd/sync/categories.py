"""Paraşüt's categories by name or path."""

from __future__ import annotations

from syncd.config.settings import Missing
from syncd.errors import Hold
from syncd.sync.known import Knowledge
from syncd.sync.steps import CreateCategory, Made, Ref, Unseen

SEPARATOR = ">"


def resolve_category(
    text: str, category_type: str, missing: Missing, knowledge: Knowledge
) -> tuple[Ref | None, tuple[CreateCategory, ...]]:
    """The category that `text` (`Web`, or a path `Gelir > Web`) names, and the steps that make it if need be.

    A bare name may stand anywhere in the tree, if it stands there once. Empty text means no category. Raises Hold
    `category-ambiguous` or `category-missing`.
    """
    path = tuple(part.strip() for part in text.split(SEPARATOR) if part.strip())
    if not path:
        return None, ()
    known = knowledge.categories(category_type)
    matches = [category for category in known if category.path == path]
    if not matches and len(path) == 1:
        matches = [category for category in known if category.path[-1:] == path]
    if len(matches) > 1:  # one of our own may have come late, and is there beside the one that we use
        ours = knowledge.made(_identity(category_type, path))
        matches = [category for category in matches if category.ref == ours] or matches
    if len(matches) > 1:
        places = ", ".join(" > ".join(category.path) for category in matches)
        raise Hold(
            "category-ambiguous",
            f"Paraşüt has {len(matches)} categories called {text!r}: {places}.",
            "Write the whole path in the rule's `categories`, or rename one in Paraşüt.",
        )
    if matches:
        return matches[0].ref, ()
    if not knowledge.complete("item_categories"):
        return Unseen(text), ()
    if missing is not Missing.CREATE:
        raise Hold(
            "category-missing",
            f"Paraşüt has no category {text!r} for {category_type}.",
            "Make it in Paraşüt, correct the rule's `categories`, or set `missing: create`.",
        )
    return _create(path, category_type, knowledge)


def _create(path: tuple[str, ...], category_type: str, knowledge: Knowledge) -> tuple[Ref, tuple[CreateCategory, ...]]:
    parent: Ref | None = None
    steps: list[CreateCategory] = []
    known = {category.path: category.ref for category in knowledge.categories(category_type)}
    for depth in range(1, len(path) + 1):
        existing = known.get(path[:depth])
        if existing is not None:
            parent = existing
            continue
        step = CreateCategory(_identity(category_type, path[:depth]), category_type, path[depth - 1], parent)
        steps.append(step)
        parent = Made(step.identity)
    assert parent is not None  # the path has at least one name
    return parent, tuple(steps)


def _identity(category_type: str, path: tuple[str, ...]) -> str:
    return f"category {category_type} {' > '.join(path)}"
