"""A viewer by the official Python SDK. It prints one line for everything that happens."""

import asyncio
import json
import os
import urllib.request

from centrifuge import Client, ClientEventHandler


async def token(*_):
    def fetch():
        with urllib.request.urlopen(os.environ["TOKEN_URL"]) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(fetch)


class Viewer(ClientEventHandler):
    async def on_connected(self, ctx):
        print("connected", flush=True)

    async def on_disconnected(self, ctx):
        print("disconnected", ctx.code, ctx.reason, flush=True)

    async def on_subscribed(self, ctx):
        if ctx.was_recovering:
            print("recovered", ctx.channel, str(ctx.recovered).lower(), flush=True)

    async def on_publication(self, ctx):
        data = ctx.pub.data
        event = json.loads(data) if isinstance(data, bytes) else data
        print("event", event["guid"], event["seq"], event["event"], flush=True)


async def main():
    client = Client(
        os.environ["STREAM_URL"],
        events=Viewer(),
        get_token=token,
        use_protobuf=os.environ["ENCODING"] == "protobuf",
    )
    await client.connect()
    await asyncio.Event().wait()


asyncio.run(main())
