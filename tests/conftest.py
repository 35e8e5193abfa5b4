"""What all tests share: a busy machine fails none, nor does a shell that started them in the background."""

import signal

from hypothesis import settings

settings.register_profile("atlas", deadline=None)
settings.load_profile("atlas")

# A shell has its background jobs ignore Ctrl-C, and Python then raises nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
