"""The old name of ``fake_ll2``, for one version."""

from ll2_mirror.testing.fake_ll2 import FakeLL2, Records, adapted, answering, bundled, running

SampleUpstream = FakeLL2

__all__ = ["Records", "SampleUpstream", "adapted", "answering", "bundled", "running"]
