"""`python -m trapline.normalize`: the guest that Crossbar starts."""

import sys

from trapline.normalize.component import main

sys.exit(main())
