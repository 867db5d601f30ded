"""`python -m trapline.track`: the guest that Crossbar starts."""

import sys

from trapline.track.component import main

sys.exit(main())
