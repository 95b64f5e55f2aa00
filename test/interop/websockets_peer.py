"""The package websockets, in the role that the first argument names; prints JSON, one value per line."""

import asyncio
import json
import sys

import websockets

SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20]


def said(size):
    return ("ahoy, Grüße, 错 " * (size // 12 + 1))[:size]


def shown(connection):
    return [connection.close_code, connection.close_reason]


async def closed(url, **options):
    async with websockets.connect(url, **options) as connection:
        await connection.wait_closed()
        return shown(connection)


async def client(url, compression):
    """Exercises the server of interop-server.ts, and prints what it saw."""
    options = {"compression": compression, "max_size": None}
    seen = {"text": [], "binary": []}

    async with websockets.connect(f"{url}/echo", subprotocols=["first", "second"], **options) as connection:
        seen["subprotocol"] = connection.subprotocol
        for size in SIZES:
            await connection.send(said(size))
            seen["text"].append(await connection.recv() == said(size))
            data = bytes(i * 31 & 0xFF for i in range(size))
            await connection.send(data)
            seen["binary"].append(await connection.recv() == data)

        await connection.send(["in ", "three ", "Stücken"])
        seen["fragmentsSent"] = await connection.recv()
        await asyncio.wait_for(await connection.ping(b"p" * 125), 5)
        await connection.close(4321, "bye ✓")
        seen["ownClose"] = shown(connection)

    async with websockets.connect(f"{url}/fragments?size=3", **options) as connection:
        await connection.send("Gruß aus fünf Stücken")
        seen["fragmentsReceived"] = await connection.recv()

    async with websockets.connect(f"{url}/ping?payload=p1", **options) as connection:
        seen["pong"] = await connection.recv()

    seen["codeAndReason"] = await closed(f"{url}/close?code=4001&reason=go%20%E2%9C%93", **options)
    seen["noCode"] = await closed(f"{url}/close", **options)
    seen["terminated"] = await closed(f"{url}/terminate", **options)
    print(json.dumps(seen), flush=True)


async def answer(connection, *_):
    """Echoes; three texts are commands: `ping`, `fragments` and `close <code> <reason>`."""
    try:
        async for message in connection:
            if message == "ping":
                await asyncio.wait_for(await connection.ping(b"from python"), 5)
                await connection.send("ponged")
            elif message == "fragments":
                await connection.send(["in ", "drei ", "Stücken"])
            elif isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ", 2)
                await connection.close(int(code), reason)
            else:
                await connection.send(message)
    except websockets.ConnectionClosedError:
        # Any code but 1000 and 1001 is an error to this package.
        pass
    print(json.dumps(shown(connection)), flush=True)


async def server(compression):
    """Prints its port, then code and reason of each connection when it is over; ends with its standard input."""
    options = {"compression": compression, "max_size": None, "subprotocols": ["second"]}
    async with websockets.serve(answer, "127.0.0.1", 0, **options) as listening:
        print(next(iter(listening.sockets)).getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


role, *rest = sys.argv[1:]
compression = rest.pop() if rest[-1] == "deflate" else None
asyncio.run(client(rest[0], compression) if role == "client" else server(compression))
