# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What outlives a restart: ``survival.py`` in the drive's root, or a stand-in if it is missing or damaged.

An update over the network does not bring root files, so a version may find any of their versions: it uses what
``survival.API`` 1 has, and checks ``API`` before it uses anything newer.
"""

# Places and sizes of API 1, as survival.py has them.
SECRETS, SECRETS_SIZE = 32, 34
# In the part that API 1 leaves for later uses, where any bytes can be read and written.
SPI = 66
WIRING = 69
WISHES = 79
# The WiFi channel on which the first join of the last start succeeded.
CHANNEL = 97


def keep(survival, place, data):
    """Put ``data`` at ``place`` of a Survival or a Forgetful; nothing is written if it is there already."""
    if survival.part(place, len(data)) != data:
        survival.set_part(place, data)
        survival.save()


def kept():
    """The Survival of this run, or a Forgetful."""
    try:
        import survival

        return survival.kept()
    except Exception as error:
        print("nothing outlives a restart:", error)
        from appliance.storage.forgetful import Forgetful

        return Forgetful()
