"""The examples in the generator's own docstrings hold."""

import doctest
import importlib
import pkgutil

import pytest

from console import documentation

MODULES = [one.name for one in pkgutil.iter_modules(documentation.__path__)]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "__main__"])
def test_the_examples_hold(name: str) -> None:
    """As far as a module has any."""
    failed, _ = doctest.testmod(importlib.import_module(f"console.documentation.{name}"))
    assert failed == 0
