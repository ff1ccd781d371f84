"""What the jobs of one worker process share: the connectors it holds open, and whether it is asked to end."""

import threading

from engine.oa.registry import Connectors

connectors = Connectors()
leaving = threading.Event()  #: set when this process is asked to end
