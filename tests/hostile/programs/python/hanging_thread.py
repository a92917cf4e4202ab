# expect: succeeded, 42
import threading
import time

threading.Thread(target=time.sleep, args=(600,)).start()
42
