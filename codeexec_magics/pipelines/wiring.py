"""Names and edges: what a reference means, what a step is given, and no circles.

Runs in the process that loads a pipeline; pure.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from codeexec_magics.pipelines.code import wanted
from codeexec_magics.pipelines.draft import Draft
from codeexec_magics.pipelines.fields import node_of
from codeexec_magics.pipelines.nodes import Node, Problems, nearest
from codeexec_magics.pipelines.step import Reference, Step

_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]+)\]")
_FAILURE = ".$failure"


def reference(text: str, node: Node) -> Reference:
    """The reference that a text is; what is wrong with it has been told."""
    failure = text.endswith(_FAILURE)
    text = text.removesuffix(_FAILURE)
    name = re.split(r"[.\[]", text, maxsplit=1)[0]
    path = tuple(
        found[1] if found[1] is not None else int(found[2])
        for found in _PART.finditer(text, len(name))
    )
    return Reference(name, path, failure, node.line, node.column)


class Names:
    """What can be referred to: the inputs, and the steps by id and by the name of their output.

    Args:
        inputs: By name.
        drafts: The steps.
        problems: Takes what is wrong.
    """

    def __init__(
        self, inputs: Mapping[str, Any], drafts: Sequence[Draft], problems: Problems
    ) -> None:
        self._inputs = inputs
        self._drafts = drafts
        self._problems = problems
        self._ids = {draft.step.id: draft.step for draft in drafts if draft.step.id}
        self._outputs = {draft.step.output: draft.step.id for draft in drafts if draft.step.output}

    @property
    def known(self) -> list[str]:
        """Every name."""
        return list(dict.fromkeys([*self._inputs, *self._ids, *self._outputs]))

    def knows(self, name: str) -> bool:
        """Whether something is called so."""
        return name in self._inputs or name in self._ids or name in self._outputs

    def resolved(self, to: Reference, *, steps_only: bool = False) -> Reference:
        """The reference to an input's name or a step's id; tells if there is no such thing."""
        name = to.name
        place = Node(to.line, to.column, name)
        if not self.knows(name):
            what = "no step" if steps_only else "neither an input nor a step"
            known = self._ids if steps_only else self.known
            self._problems(place, f"there is {what} `{name}`{nearest(name, known)}")
            return to
        if name not in self._ids and name not in self._inputs:
            name = self._outputs[name]
        if (to.failure or steps_only) and name not in self._ids:
            self._problems(place, f"`{name}` is an input, and this is about steps")
        return replace(to, name=name)

    def check_places(self, root: Node) -> None:
        """Tell of two things with one name."""
        seen: dict[str, int] = {}
        for draft in self._drafts:
            node = node_of(draft.node, "id")
            for name, place in (
                (draft.step.id, node),
                (draft.step.output, node_of(draft.node, "output")),
            ):
                if not name or (name == draft.step.id and place is not node):
                    continue
                if name in self._inputs:
                    self._problems(place, f"`{name}` is an input already")
                elif name in seen:
                    self._problems(place, f"`{name}` is a step already, in line {seen[name]}")
                else:
                    seen[name] = place.line

    def check_circles(self, drafts: Sequence[Draft]) -> None:
        """Tell of steps that need each other."""
        steps = [draft.step for draft in drafts if draft.step.id]
        circle = circle_of(steps)
        if circle:
            first = min((d for d in drafts if d.step.id in circle), key=lambda d: d.node.line)
            node = node_of(first.node, "id")
            turned = _turned(circle, first.step.id)
            text = " → ".join(turned)
            self._problems(node, f"the steps need each other in a circle: {text}")


def connect(draft: Draft, names: Names, problems: Problems) -> Draft:
    """The step with its references resolved, and its inputs found where they are not written."""
    step = draft.step
    inputs = {name: names.resolved(to) for name, to in step.inputs.items()}
    if not draft.given:
        inputs = _found(draft, names, problems)
    mapping = step.mapping
    if mapping is not None:
        mapping = replace(mapping, items=names.resolved(mapping.items))
    place = node_of(draft.node, "depends_on")
    nodes = place.value if isinstance(place.value, list) else [place] * len(step.after)
    after = tuple(
        names.resolved(Reference(name, (), False, node.line, node.column), steps_only=True).name
        for name, node in zip(step.after, nodes, strict=False)
    )
    draft.step = replace(
        step,
        inputs=inputs,
        mapping=mapping,
        when=None if step.when is None else names.resolved(step.when),
        after=after,
    )
    return draft


def circle_of(steps: Iterable[Step]) -> list[str]:
    """A circle among the steps, its first one at both ends; empty if there is none."""
    steps = list(steps)
    ids = {step.id for step in steps}
    sorter = graphlib.TopologicalSorter(
        {step.id: [name for name in step.needs if name in ids] for step in steps}
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        # It lists what is needed before what needs it.
        return list(error.args[1])[::-1]
    return []


def _found(draft: Draft, names: Names, problems: Problems) -> dict[str, Reference]:
    """The inputs that a program's parameters name."""
    step, found = draft.step, {}
    if not step.code:
        return {}
    item = _item_parameter(step, names)
    for name, needed in wanted(step.code, step.language, step.entry).items():
        if name == item or name == step.id:
            continue
        if names.knows(name):
            found[name] = names.resolved(Reference(name))
        elif needed:
            place = node_of(draft.node, "code")
            if place is draft.node:
                place = node_of(draft.node, "file")
            hint = nearest(name, names.known) or f"; say what it is: inputs: {{{name}: …}}"
            problems(place, f"its parameter `{name}` is neither an input nor a step{hint}")
    return found


def _item_parameter(step: Step, names: Names) -> str:
    """The parameter that a mapped function takes the item by."""
    if step.mapping is None:
        return ""
    parameters = wanted(step.code, step.language, step.entry)
    if "item" in parameters:
        return "item"
    return next((name for name in parameters if not names.knows(name)), "")


def _turned(circle: list[str], first: str) -> list[str]:
    """The same circle, from one of its members to it."""
    ring = circle[:-1]
    start = ring.index(first)
    return [*ring[start:], *ring[:start], first]
