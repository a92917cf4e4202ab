// A child below Node that stops for a tracer; the tracer is gone.
require('child_process').spawnSync(python, [`${trees}/python/traced_child.py`], { stdio: 'ignore', env: {} });
