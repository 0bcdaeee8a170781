"""Track people in an asyncio program; other tasks go on meanwhile.

python examples/asynchronous.py [SOURCE]
"""

import asyncio
import sys

import realtime_pose as rp


async def count_seconds() -> None:
    """Another task of the program."""
    for seconds in range(3600):
        print(f"{seconds} s")
        await asyncio.sleep(1)


async def main(source: str) -> None:
    """Print who is in each frame."""
    counting = asyncio.create_task(count_seconds())
    async for people in rp.track(source, preset="fast"):
        for person in people:
            print(f"{people.time_s:.2f} s: person {person.id}, score {person.score:.2f}")
        if people.index == 20:
            break
    counting.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "demo"))
