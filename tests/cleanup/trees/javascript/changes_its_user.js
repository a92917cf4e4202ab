// As root: grandchildren become somebody else, who may not be seen.
require('child_process').spawnSync(python, [`${trees}/python/changes_its_user.py`], { stdio: 'ignore', env: {} });
