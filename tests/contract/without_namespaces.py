"""Execute programs on a machine without namespaces: ``unshare`` is refused to this process.

``python without_namespaces.py FOLDER``: reads a list of ``[language, source, options]`` from stdin
as JSON, and prints their results as JSON.
"""

from __future__ import annotations

import errno
import json
import os
import sys

from codeexec_magics import CodeExecutor
from codeexec_magics.supervision import linux, seccomp

_UNSHARE = {seccomp._X86_64: 272, seccomp._AARCH64: 97}


def main() -> None:
    os.chdir(sys.argv[1])
    linux.renounce_privileges()
    seccomp._install_native([seccomp._Call(_UNSHARE, errno.EPERM)])
    with CodeExecutor(standbys=0) as executor:
        results = [
            executor.execute(source, language, **options).to_dict()
            for language, source, options in json.load(sys.stdin)
        ]
    print(json.dumps(results))


if __name__ == "__main__":
    main()
