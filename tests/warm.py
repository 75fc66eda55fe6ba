"""What the server of forks has done already: imports, and what is the same for every desk of these files."""

from app import create_app, memory
from app.config import Config, Security
from tests import forked

__all__ = ["forked"]

create_app(Config(security=Security("of a desk that nobody serves, and long enough")))
memory.settle()
