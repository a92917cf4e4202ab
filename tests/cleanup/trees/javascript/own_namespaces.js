// Grandchildren in a user and pid namespace of their own, where the system allows it.
require('child_process').spawnSync(python, [`${trees}/python/own_namespaces.py`], { stdio: 'ignore', env: {} });
