"""What the server of forks has done already: imports, and what is the same for every desk of these files."""

from argon2 import PasswordHasher

from app import create_app, memory
from app.config import Config, Security
from app.desk import people
from tests import forked, known

__all__ = ["forked", "known"]

people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # as in the tests' own process
create_app(Config(security=Security("of a desk that nobody serves, and long enough")))
memory.settle()
