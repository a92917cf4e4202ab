# expect: succeeded, 42
import threading
import time

for _ in range(300):
    threading.Thread(target=time.sleep, args=(600,)).start()
42
