"""Keyboard layouts: what each key types, by its place on a US keyboard (UI Events KeyboardEvent code Values)."""

from dataclasses import dataclass
from itertools import chain

PLACES = (
    ("Backquote", *(f"Digit{digit}" for digit in "1234567890"), "Minus", "Equal"),
    (*(f"Key{letter}" for letter in "QWERTYUIOP"), "BracketLeft", "BracketRight", "Backslash"),
    (*(f"Key{letter}" for letter in "ASDFGHJKL"), "Semicolon", "Quote"),
    (*(f"Key{letter}" for letter in "ZXCVBNM"), "Comma", "Period", "Slash"),
)
DEAD = "´"  # stands for a dead key in the rows below


@dataclass(frozen=True)
class Press:
    """What a browser says of a press."""

    code: str
    key: str
    shift: bool = False
    altgr: bool = False


@dataclass(frozen=True)
class Layout:
    """The rows of a keyboard from top to bottom, without and with Shift, and some of what it has behind AltGr."""

    plain: tuple[str, str, str, str]
    shifted: tuple[str, str, str, str]
    altgr: dict[str, str]  # code -> sign

    def presses(self) -> list[Press]:
        rows = chain(zip(self.plain, PLACES, strict=True), zip(self.shifted, PLACES, strict=True))
        typed = [
            Press(code, "Dead" if key == DEAD else key, shift=number >= len(PLACES))
            for number, (keys, codes) in enumerate(rows)
            for key, code in zip(keys, codes, strict=True)
        ]
        return typed + [Press(code, key, altgr=True) for code, key in self.altgr.items()]


US_SIGNS = "~!@#$%^&*()_+"
LAYOUTS = {
    "us": Layout(
        ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"),
        (US_SIGNS, "QWERTYUIOP{}|", 'ASDFGHJKL:"', "ZXCVBNM<>?"),
        {},
    ),
    "dvorak": Layout(
        ("`1234567890[]", "',.pyfgcrl/=\\", "aoeuidhtns-", ";qjkxbmwvz"),
        ("~!@#$%^&*(){}", '"<>PYFGCRL?+|', "AOEUIDHTNS_", ":QJKXBMWVZ"),
        {},
    ),
    "colemak": Layout(
        ("`1234567890-=", "qwfpgjluy;[]\\", "arstdhneio'", "zxcvbkm,./"),
        (US_SIGNS, "QWFPGJLUY:{}|", 'ARSTDHNEIO"', "ZXCVBKM<>?"),
        {},
    ),
    "bépo": Layout(
        ('$"«»()@+-/*=%', "bépoè´vdljzwç", "auie,ctsrnm", "àyx.k’qghf"),
        ("#1234567890°`", "BÉPOÈ!VDLJZWÇ", "AUIE;CTSRNM", "ÀYX:K?QGHF"),
        {"Digit4": "[", "Digit5": "]", "KeyF": "€", "KeyA": "æ", "KeyE": "&"},
    ),
    "german": Layout(
        ("´1234567890ß´", "qwertzuiopü+#", "asdfghjklöä", "yxcvbnm,.-"),
        ('°!"§$%&/()=?´', "QWERTZUIOPÜ*'", "ASDFGHJKLÖÄ", "YXCVBNM;:_"),
        {"Digit8": "[", "Digit9": "]", "KeyE": "€", "KeyQ": "@", "KeyM": "µ", "Minus": "\\"},
    ),
    "french": Layout(
        ("²&é\"'(-è_çà)=", "azertyuiop´$*", "qsdfghjklmù", "wxcvbn,;:!"),
        ("~1234567890°+", "AZERTYUIOP´£µ", "QSDFGHJKLM%", "WXCVBN?./§"),
        {"Digit3": "#", "Digit5": "[", "Minus": "]", "KeyE": "€"},
    ),
    "polish": Layout(
        ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"),
        (US_SIGNS, "QWERTYUIOP{}|", 'ASDFGHJKL:"', "ZXCVBNM<>?"),
        {"KeyE": "ę", "KeyO": "ó", "KeyA": "ą", "KeyC": "ć", "KeyU": "€", "KeyI": "i", "KeyR": "r"},
    ),
    "russian": Layout(
        ("ё1234567890-=", "йцукенгшщзхъ\\", "фывапролджэ", "ячсмитьбю."),
        ('Ё!"№;%:?*()_+', "ЙЦУКЕНГШЩЗХЪ/", "ФЫВАПРОЛДЖЭ", "ЯЧСМИТЬБЮ,"),
        {},
    ),
    "ukrainian": Layout(
        ("'1234567890-=", "йцукенгшщзхї\\", "фівапролджє", "ячсмитьбю."),
        ('₴!"№;%:?*()_+', "ЙЦУКЕНГШЩЗХЇ/", "ФІВАПРОЛДЖЄ", "ЯЧСМИТЬБЮ,"),
        {"KeyU": "ґ"},
    ),
    "greek": Layout(
        ("`1234567890-=", ";ςερτυθιοπ[]\\", "ασδφγηξκλ´'", "ζχψωβνμ,./"),
        (US_SIGNS, ":΅ΕΡΤΥΘΙΟΠ{}|", 'ΑΣΔΦΓΗΞΚΛ´"', "ΖΧΨΩΒΝΜ<>?"),
        {"KeyE": "€"},
    ),
    "hebrew": Layout(
        (";1234567890-=", "/'קראטוןםפ][\\", "שדגכעיחלךף,", "זסבהנמצתץ."),
        ("~!@#$%^&*)(_+", "QWERTYUIOP}{|", 'ASDFGHJKL:"', "ZXCVBNM><?"),
        {"KeyE": "€"},
    ),
}
