"""Answers that are packed for whoever takes them so.

Every page has another live token and another form key, and nothing else in it is a secret: how well it packs tells
nobody anything (BREACH needs a secret that stays the same beside what an attacker chooses).
"""

import gzip

from quart import Quart, Response, request

SMALLEST = 1000  # bytes
LEVEL = 4  # 6 takes twice the time for 4 % less


def set_up(app: Quart) -> None:
    app.after_request(_pack)


async def _pack(response: Response) -> Response:
    body = await response.get_data(as_text=False)
    if len(body) < SMALLEST or "Content-Encoding" in response.headers:
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if request.accept_encodings.quality("gzip"):
        response.set_data(gzip.compress(body, LEVEL))
        response.headers["Content-Encoding"] = "gzip"
    return response
