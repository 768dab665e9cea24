# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What outlives a restart: ``survival.py`` of the drive's root, or a stand-in where it is missing or damaged.

An update over the network does not bring root files, so any version may meet any of them: it uses what the oldest one had
(``survival.API`` 1), and asks for ``API`` before it uses what came later.
"""

# Places and sizes of API 1, as survival.py has them.
SECRETS, SECRETS_SIZE = 32, 34
# Left for later in API 1, where any part can be read and written.
SPI = 66
WIRING = 69
WISHES = 79
# The WiFi channel of the last first join.
CHANNEL = 97


def keep(survival, place, data):
    """Have ``data`` at ``place`` of a Survival or a Forgetful. Written only when something else is there."""
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
