"""Without a twin that fits, the reference in Python reads."""

import subprocess
import sys

import pytest

_PROGRAM = """
import sys, types
import trapline.snmp.header, trapline.snmp.pdu
for name in [each for each in sys.modules if each.startswith("trapline.snmp")]:
    del sys.modules[name]
sys.modules["trapline.snmp._twin"] = {stand_in}
from trapline.snmp import pdu, twin
print(twin.IS_COMPILED, twin.read_v1 is pdu.read_v1, twin.xor(b"ab", b"ab") == bytes(2))
"""


@pytest.mark.parametrize(
    "stand_in",
    [
        pytest.param("None", id="none was built"),
        pytest.param("types.SimpleNamespace(read_v1=print, read_v2=print)", id="built from an older source"),
    ],
)
def test_the_reference_reads(stand_in: str) -> None:
    program = _PROGRAM.format(stand_in=stand_in)
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split() == ["False", "True", "True"]
