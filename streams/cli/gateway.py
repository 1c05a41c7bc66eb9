"""`ebbflow gateway`"""

import contextlib
import logging
import signal

from schemas.settings import load_settings


def gateway() -> None:
    """Take touchpoints in over HTTP, in Segment's form. EBBFLOW_WRITE_KEYS says who may send."""
    from streams.gateway.serve import serve

    settings = load_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Kafka's client reports each attempt to connect as an error; our producer says what that means, once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    # The other one writes down the records themselves when everything is to be logged.
    logging.getLogger("aiokafka").setLevel(max(logging.INFO, logging.getLogger().level))
    # SIGTERM ends this as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve(settings)
