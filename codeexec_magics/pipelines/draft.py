"""A step as it is written, before its inputs are connected.

Runs in the process that loads a pipeline.
"""

from __future__ import annotations

from codeexec_magics.pipelines.nodes import Node
from codeexec_magics.pipelines.step import Step


class Draft:
    """A step whose inputs are not connected yet.

    Attributes:
        node: What is written of it.
        step: What is known of it.
        given: Whether its inputs are written.
    """

    def __init__(self, node: Node, step: Step, *, given: bool) -> None:
        self.node = node
        self.step = step
        self.given = given
