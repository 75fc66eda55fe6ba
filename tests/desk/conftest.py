"""The same random examples in every run: a test that fails, fails for everyone."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "desk",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("desk")
