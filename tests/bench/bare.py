"""A bare Quart application: a plain page, sockets that do nothing, and a loop that sends them all the same text.

Run as `python -m tests.bench.bare`, under the desk's own server settings.
"""

import uvicorn
from quart import Quart, Response, request, websocket
from quart.wrappers import Websocket

from app import serving
from app.config import Config, Server

app = Quart(__name__, static_folder=None)
connected: set[Websocket] = set()


@app.get("/")
async def page() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


@app.post("/")
async def send_all() -> Response:
    text = await request.get_data(as_text=True)
    for socket in list(connected):
        await socket.send(text)
    return Response(status=204)


@app.websocket("/socket")
async def socket() -> None:
    connection = websocket._get_current_object()  # type: ignore[attr-defined]
    await connection.accept()
    connected.add(connection)
    try:
        while True:
            await connection.receive()
    finally:
        connected.discard(connection)


def main() -> None:
    config = Config(server=Server(port=0, log_level="warning"))
    listening = serving.listen(config)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201
    uvicorn.Server(serving.settings(config, app)).run(sockets=[listening])


if __name__ == "__main__":
    main()
