"""Which origin is ours."""

from urllib.parse import urlsplit

from app.web.house import house


def same_origin(origin: str | None, scheme: str, host: str) -> bool:
    """Whether an Origin header is that of this site, exactly: of the public address, or of the one that was asked."""
    if not origin or origin == "null":
        return False
    if public := house().config.server.public_url:
        return origin == public
    page_scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    parts = urlsplit(origin)
    return origin == f"{parts.scheme}://{parts.netloc}" and (parts.scheme, parts.netloc) == (page_scheme, host)
