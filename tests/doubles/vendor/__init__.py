"""An honest vendor on the loopback interface: speaks the vendors' wire formats, and answers or fails as the test scripts it."""

from tests.doubles.vendor.answers import Answer, Breaks, Call, Closes, Fails, Hangs, How, Says
from tests.doubles.vendor.server import Received, Script, Vendor

__all__ = [
    "Answer",
    "Breaks",
    "Call",
    "Closes",
    "Fails",
    "Hangs",
    "How",
    "Received",
    "Says",
    "Script",
    "Vendor",
]
