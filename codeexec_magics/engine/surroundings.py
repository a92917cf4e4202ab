"""From a program's language and options to a leased worker, and to the message that runs it.

Lives in the kernel, in the thread that executes. Owns nothing: the lease is the caller's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from typing import Any

from codeexec_magics.engine import hosting, own_folder
from codeexec_magics.errors import CodeExecError
from codeexec_magics.languages import Language, find
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.lease import Lease
from codeexec_magics.supervision.recipe import Isolation, Recipe
from codeexec_magics.values import events
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.traces import CELL_FILE

_log = logging.getLogger("codeexec_magics.execution")


def recipe_of(language: Language, options: ExecutionOptions) -> Recipe:
    """What a worker is made from, as the options say.

    Raises:
        IsolationUnavailable: The options ask for an isolation that cannot be.
        LanguageUnavailable: There is no such runtime.
    """
    environment = {**language.environment, **options.full_environment()}
    command = language.argv(options.interpreter, environment)
    directory = os.path.abspath(options.directory or os.getcwd())
    if options.sandbox:
        own_folder.check(directory)
    protected = own_folder.protected(directory, command[0])
    ahead = options.standbys
    return Recipe(
        argv=command,
        environment=environment,
        directory=directory,
        modules=language.ahead(directory),
        ahead=ahead if language.standbys is None else min(ahead, language.standbys),
        idle=hosting.idle(),
        isolation=Isolation(options.seal, options.network, options.sandbox, protected),
        hints=language.hinted(),
    )


def take_lease(client: SupervisorClient, recipe: Recipe, options: ExecutionOptions) -> Lease:
    """Lease a worker.

    Raises:
        LanguageUnavailable: There is no such runtime.
        SupervisorLost: The supervisor vanished twice in a row.
    """
    lease = client.lease(recipe, options.startup_timeout)
    events.emit(
        _log,
        logging.DEBUG,
        events.WORKER_LEASED,
        pid=lease.pid,
        reaper=lease.reaper,
        containment=lease.containment,
    )
    return lease


def ask_ahead(client: SupervisorClient, language: Language, recipe: Recipe) -> None:
    """Have the next worker of a recipe handed over before a run wants it.

    Args:
        client: Where it comes from.
        language: What may know better by now what is to be loaded ahead.
        recipe: Of the worker before.
    """
    modules = language.ahead(recipe.directory)
    client.ask_ahead(recipe._replace(modules=modules, hints=language.hinted()), idle=True)


def ask_early(client: SupervisorClient, language: str, options: ExecutionOptions) -> None:
    """Have the worker started for a run that is about to want it; what fails shows there."""
    with contextlib.suppress(CodeExecError, OSError):
        client.ask_ahead(recipe_of(find(language), options), idle=False)


def run_message(program: Program, options: ExecutionOptions, language: Language) -> dict[str, Any]:
    """The message ``run``, without its values.

    Args:
        program: What is run.
        options: How it is run.
        language: The program's language, which may have more to say.
    """
    message = {
        "type": "run",
        "token": secrets.token_hex(8),
        "source": program.source,
        "filename": CELL_FILE,
        "first_line": program.first_line,
        "entry": program.entry,
        **({"outputs": list(options.outputs)} if options.outputs else {}),
    }
    if not options.keep:
        message["keep"] = False
    if options.settings:
        message["settings"] = dict(options.settings)
    if options.memory:
        message["memory"] = options.memory
    if program.file is not None:
        message["file"] = program.file
    return {**message, **language.request()}
