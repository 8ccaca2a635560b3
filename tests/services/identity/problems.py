"""Short ways to ask what was wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from kit.errors import Problem


def problem_of(check: Callable[..., Any], *arguments: Any, **named: Any) -> Problem:
    """The one problem that this call ends with."""
    with pytest.raises(Problem) as caught:
        check(*arguments, **named)
    return caught.value
