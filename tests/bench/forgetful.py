"""The desk's commands, where what pages show is read for each of them: nothing is taken from memory."""

from app.__main__ import main
from app.live.registry import Registry

Registry.at = lambda *_: None  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
