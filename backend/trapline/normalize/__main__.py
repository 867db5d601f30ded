"""`python -m trapline.normalize`: the guest that Crossbar starts."""

import sys

from trapline import process
from trapline.normalize.component import run

sys.exit(process.run_blocking("normalize", run))
