"""`python -m trapline.track`: the guest that Crossbar starts."""

import sys

from trapline import process
from trapline.track.component import run

sys.exit(process.run_blocking("track", run))
