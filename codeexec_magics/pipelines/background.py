"""A pipeline as a background job.

Runs in the process that submits it; the run happens in the job's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codeexec_magics.engine.jobs import Job
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.engine.runs import Run
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.runner import PipelineRunner
from codeexec_magics.pipelines.watcher import Watcher
from codeexec_magics.values.results import ExecutionResult


def start(pipeline: Pipeline, inputs: Mapping[str, Any]) -> Job:
    """The job of a pipeline that runs; see `Pipeline.submit`.

    Raises:
        InvalidOptions: An input is missing or unknown, or a variable of the environment is.
    """
    runner = PipelineRunner()
    runner.prepare(pipeline, inputs)  # what is wrong is told to the caller
    job = Job(Run("pipeline", pipeline.name, background=True))

    def work(observer: Observer) -> ExecutionResult:
        def started(running: Running) -> None:
            if observer.started is not None:
                observer.started(running)
            if observer.read is not None:
                observer.read()

        return runner.watch(pipeline, inputs, Watcher(started=started)).as_execution()

    job.start(work)
    return job
