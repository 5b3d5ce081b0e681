"""What every test may ask for. Fixtures live in the modules named here, by subject."""

pytest_plugins = ["tests.servers", "tests.application", "tests.factories", "tests.browser"]
