"""Email addresses: one form for all the ways to write the same one, so that one person is one.

Registry in lower case with the domain in ASCII (RFC 5891), as mail servers and the sign-in forms of browsers send it;
shown with the domain in its own letters.
"""

import contextlib
import re
import unicodedata

import idna

from app.desk.errors import Code
from app.desk.letters import without_ignored

LONGEST = 254  # RFC 5321, 4.5.3.1.3: a path has 256 with its brackets

_MOST = 4 * LONGEST  # characters of what is looked at: some may not count
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\\x00-\x1f\x7f]+@[^@\s<>\"'(),:;\\/?#\[\]\x00-\x1f\x7f]+")
_ENCODED = "xn--"  # RFC 5890, 2.3.2.1


def parse(text: str) -> str:
    """The one form of an address. Raises ValueError for what is none."""
    address = same(text)
    if len(address) > LONGEST or not _ADDRESS.fullmatch(address):
        raise ValueError(Code.NOT_AN_EMAIL)
    return address


def same(text: str) -> str:
    """Equal for all the ways to write one address; of what is no address, something that is none either."""
    if len(text) > _MOST:
        return ""
    plain = unicodedata.normalize("NFKC", without_ignored(text)).lower().replace("’", "'")
    local, at, domain = unicodedata.normalize("NFC", plain).strip().rpartition("@")
    if not domain.isascii() or _ENCODED in domain:
        domain = ".".join(map(_encoded, _mapped(domain).split(".")))
    return f"{local}{at}{domain.rstrip('.')}"


def shown(address: str) -> str:
    """An address as people read it."""
    local, at, domain = address.rpartition("@")
    readable = f"{local}{at}{'.'.join(map(_decoded, domain.split('.')))}"
    return readable if same(readable) == address else address


def _mapped(domain: str) -> str:
    """The domain's letters in the form in which they are encoded (UTS 46, 4, as browsers do it: nontransitional)."""
    readable = ".".join(map(_decoded, domain.split(".")))
    try:
        return idna.uts46_remap(readable, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return domain  # a letter that no domain can have


def _encoded(label: str) -> str:
    return label if label.isascii() else _ENCODED + label.encode("punycode").decode("ascii")


def _decoded(label: str) -> str:
    if label.startswith(_ENCODED):
        with contextlib.suppress(UnicodeError):
            return label.removeprefix(_ENCODED).encode("ascii").decode("punycode")
    return label
