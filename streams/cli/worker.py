"""`ebbflow worker`"""

import sys

from schemas.settings import load_settings


def worker() -> None:
    """Run a worker: touchpoints become profiles, scores and alerts, and outcomes teach the models.

    Start more of them to share the work. EBBFLOW_ROLE chooses whether it folds touchpoints, learns, or both.
    """
    settings = load_settings()
    if sys.platform != "win32":
        # Must come before anything of Faust makes an event loop.
        from mode.loop import use

        use("uvloop")
    import faust

    from streams.app import build
    from streams.worker.prepare import prepare

    app = build(settings)
    # Before Faust starts, whose way to report an error is a traceback.
    prepare(settings)
    app.prepared = True
    try:
        faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False).execute_from_commandline()
    finally:
        if app.failure is not None:
            sys.exit(1)
