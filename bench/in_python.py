"""`python -m bench.in_python MODULE ARGUMENTS…`: MODULE as where no C compiler was, with the decoder in Python."""

import runpy
import sys

if __name__ == "__main__":
    sys.modules["trapline.snmp._twin"] = None  # type: ignore[assignment]  # so importing it is an ImportError
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
