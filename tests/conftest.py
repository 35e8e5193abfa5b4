"""What all tests share: no example of a property may fail because the machine was busy."""

from hypothesis import settings

settings.register_profile("atlas", deadline=None)
settings.load_profile("atlas")
