"""A process that may hardly open anything more."""

from __future__ import annotations

import os
import resource

from codeexec_magics import CodeExecutor
from codeexec_magics.values.results import Outcome


def test_without_descriptors_there_is_a_result(executor: CodeExecutor) -> None:
    supervisor = executor.client.pid
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    outcomes = []
    try:
        for spare in range(16):
            held = []
            try:
                while True:
                    held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                for fd in held[:spare]:
                    os.close(fd)
            try:
                outcomes.append(executor.execute_python("1").outcome)
            finally:
                for fd in held[spare:]:
                    os.close(fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert outcomes[0] is Outcome.CRASHED
    assert outcomes[-1] is Outcome.SUCCEEDED
    assert set(outcomes) == {Outcome.CRASHED, Outcome.SUCCEEDED}
    assert executor.client.pid == supervisor


def test_few_descriptors_are_enough(unshared: None) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        with CodeExecutor(standbys=0) as own:
            result = own.execute("6 * 7")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert result.output == 42, result.error
