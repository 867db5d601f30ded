"""What the door costs."""

import subprocess
import sys


def test_the_door_brings_no_numpy_and_leaves_the_serializers_to_others() -> None:
    code = (
        "import sys, trapline.wamp.session;"
        "assert 'numpy' not in sys.modules;"
        "import bjdata, autobahn.flatbuffers;"
        "assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
