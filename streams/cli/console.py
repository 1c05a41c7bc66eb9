"""`ebbflow console`"""

import contextlib
import logging
import signal

from schemas.settings import load_settings
from streams.availability import UnavailableError


def console() -> None:
    """Pages for people: live alerts, a customer at a glance, how good the models are. Takes the extra `console`."""
    try:
        from streams.console.serve import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "nicegui":
            raise
        raise UnavailableError("the console needs its extra: pip install 'ebbflow[console]'") from None

    settings = load_settings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    # These write down records, and what people type, when everything is to be logged.
    for chatty in ("aiokafka", "socketio", "engineio", "nicegui", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.INFO, logging.getLogger().level))
    # SIGTERM ends this as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve(settings)
