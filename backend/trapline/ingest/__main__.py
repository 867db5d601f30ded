"""`python -m trapline.ingest`.

Loading takes half a second, and a TERM that comes meanwhile must end as tidily as any: it is noted, and obeyed as soon
as there is something to be tidy with. So the signals come before the imports.
"""

import signal
import sys
import threading

stopping = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stopping.set())

from trapline.ingest.component import main  # noqa: E402  (see above)

sys.exit(main(stopping))
