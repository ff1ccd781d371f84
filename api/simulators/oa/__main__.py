"""`python -m api.simulators.oa`: the simulator on 127.0.0.1."""

import argparse
import os

from api.simulators.oa.app import Config, create_app


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m api.simulators.oa", description="An office system that speaks the generic signed webhook."
    )
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--store", default="oa-simulator.sqlite", help="its own SQLite file")
    parser.add_argument(
        "--secret", default=os.environ.get("OA_SIMULATOR_SECRET", ""), help="shared with the product; default: OA_SIMULATOR_SECRET"
    )
    parser.add_argument("--callback-url", required=True, help="where the product takes callbacks of this connection")
    options = parser.parse_args()
    if not options.secret:
        parser.error("a secret is needed: --secret or OA_SIMULATOR_SECRET")
    app = create_app(Config(store=options.store, callback_url=options.callback_url, secret=options.secret))
    app.run(host="127.0.0.1", port=options.port, threaded=True)


if __name__ == "__main__":
    main()
