"""Both readers of PDUs, for the tests that must hold on both."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.snmp.readers import PYTHON
from trapline.snmp import twin


@pytest.fixture(scope="module", params=["python", "compiled"])
def reader(request: Any) -> Iterator[None]:
    """Decoding by the reference, and by the compiled twin where it was built."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            for name, reference in PYTHON.items():
                patch.setattr(twin, name, reference)
        elif not twin.IS_COMPILED:
            pytest.skip("the compiled twin was not built: there was no C compiler, or no headers of Python")
        yield
