"""One temporary directory per run, under one per session; gone with them.

Runs in the supervisor (session) and in reapers (run), which own the directories. A program finds
its directory as TMPDIR, so that what it leaves in the temp folder when it is killed goes too.
"""

from __future__ import annotations

import contextlib
import os
import stat

from .paths import open_folder

_PREFIX = "codeexec_magics-"


def session_directory(session: str) -> str:
    """Where a session's directories stand; it is made with the first run's."""
    return os.path.join(_temp(), _PREFIX + session)


def create(folder: str) -> None:
    """Make a run's directory, readable by this user only, and the session's around it."""
    session, name = os.path.split(folder)
    while True:
        with contextlib.suppress(FileExistsError):
            os.mkdir(session, 0o700)
        try:
            fd = open_folder(session)
        except FileNotFoundError:
            continue  # another run has ended just now, and was the last that had one in it
        except NotADirectoryError:
            os.unlink(session)  # a program has put something else in its place
            continue
        try:
            os.mkdir(name, 0o700, dir_fd=fd)
        except FileExistsError:
            return
        except FileNotFoundError:
            continue
        finally:
            os.close(fd)
        return


def variables(folder: str) -> dict[str, str]:
    """The environment that leads programs to the directory."""
    return {"TMPDIR": folder, "TEMP": folder, "TMP": folder}


def remove(folder: str) -> None:
    """Remove a directory and all in it, whatever its modes; links are never followed.

    A program may have put something else in its place: a file, a link; then that is removed.
    """
    around, name = os.path.split(folder)
    with contextlib.suppress(OSError):
        fd = open_folder(around)
        try:
            _remove(name, fd)
        finally:
            os.close(fd)


def remove_run(folder: str) -> None:
    """Remove a run's directory, and the session's unless another run still has one in it."""
    remove(folder)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(folder))


def remove_others(session: str, kept: set[str]) -> None:
    """Remove all that is in a session's directory but some runs' directories, and it if empty."""
    try:
        fd = open_folder(session)
    except FileNotFoundError:
        return
    except OSError:
        remove(session)  # a program has put something else in its place
        return
    try:
        for name in os.listdir(fd):
            if os.path.join(session, name) not in kept:
                _remove(name, fd)
    finally:
        os.close(fd)
    with contextlib.suppress(OSError):
        os.rmdir(session)


def _remove(name: str, around: int) -> None:
    """Remove what is called so in an open directory, a directory with all that is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=around)  # most programs leave nothing there
        return
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(os.stat(name, dir_fd=around, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=around)
            return
        with contextlib.suppress(OSError):
            os.chmod(name, 0o700, dir_fd=around)
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=around)
        try:
            _empty(fd)
        finally:
            os.close(fd)
        os.rmdir(name, dir_fd=around)


def _empty(fd: int) -> None:
    """Remove what is in an open directory, without recursion: a program may nest without end.

    A subdirectory that is not empty is moved up into this one and looked at later.
    """
    with contextlib.suppress(OSError):
        os.fchmod(fd, 0o700)
    moved = 0
    while True:
        directories = [entry for entry in os.scandir(fd) if not _unlink(entry, fd)]
        if not directories:
            return
        progress = False
        for entry in directories:
            lifted = _lift(entry.name, fd, moved)
            moved += lifted
            with contextlib.suppress(OSError):
                os.rmdir(entry.name, dir_fd=fd)
                progress = True
        if not progress:
            return  # not ours to remove: a mount, or another user's


def _unlink(entry: os.DirEntry[str], fd: int) -> bool:
    try:
        if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
            return False
        os.unlink(entry.name, dir_fd=fd)
    except OSError:
        return True  # gone, or not ours to remove
    return True


def _lift(name: str, fd: int, number: int) -> int:
    """Empty one subdirectory of files, and move its own subdirectories up; how many were moved."""
    try:
        with contextlib.suppress(OSError):
            os.chmod(name, 0o700, dir_fd=fd, follow_symlinks=True)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    except OSError:
        return 0
    count = 0
    try:
        for entry in list(os.scandir(inner)):
            if not _unlink(entry, inner):
                with contextlib.suppress(OSError):
                    os.chmod(entry.name, 0o700, dir_fd=inner)
                count += 1  # in any case: a name that is taken must not be tried for ever
                with contextlib.suppress(OSError):
                    os.rename(
                        entry.name, f".lifted-{number + count}", src_dir_fd=inner, dst_dir_fd=fd
                    )
    finally:
        os.close(inner)
    return count


def _temp() -> str:
    for folder in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp"):
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.realpath(folder)
    return os.getcwd()
