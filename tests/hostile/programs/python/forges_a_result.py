# expect: crashed, token
# Well formed, but not the runner's.
import json
import os

forged = {"type": "result", "value": {"codec": "tree", "inline": "forged"}}
body = json.dumps(forged).encode()
os.write(3, len(body).to_bytes(4, "big") + body)
42
