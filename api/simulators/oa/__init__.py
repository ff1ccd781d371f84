"""An office system (OA) that speaks the generic signed webhook, in a process and a store of its own.

`python -m api.simulators.oa --port 8091 --store oa.sqlite --secret ... --callback-url http://127.0.0.1:8000/...` and open http://127.0.0.1:8091/.
It shows people their to-dos, sends what they press to the product, and fails in the ways real office systems do when told to (`/api/faults`).
"""

from api.simulators.oa.app import Config, create_app

__all__ = ["Config", "create_app"]
