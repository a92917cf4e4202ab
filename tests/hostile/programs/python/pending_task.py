# expect: succeeded, 42
import asyncio

task = asyncio.create_task(asyncio.sleep(600))
await asyncio.sleep(0)
42
