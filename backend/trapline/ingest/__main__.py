"""`python -m trapline.ingest`."""

import sys

from trapline.ingest.component import main

sys.exit(main())
