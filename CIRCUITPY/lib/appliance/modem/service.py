# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner may do to the modem's parameters: read and keep them, make them a charger's, write kept ones back.

Loaded when the page *Modem* is first opened. Nothing begins while a car is in a session, and while the modem is written no
car is answered. Nothing is written before the block that the modem has was downloaded, nor anything that does not fit
what is known of such a block. The keys in a block leave the box in the downloaded file alone.
"""

from appliance.base.refused import Refused
from appliance.base.text import LETTERS
from appliance.modem.block import CHARGER, ROLE_NAMES, Block, name_of
from appliance.modem.transfer import DONE, READING, Transfer

MOST_UPLOAD = 32768

CAR_IS_THERE = "A car is being read. Try again when that is done."
BUSY = "The box is busy with the modem."
NOT_READ = "Read the modem's parameters first."
NOT_KEPT = "Download the modem's parameters first: the file is the way back."
CHANGED = "The parameters have changed since they were shown. Read them again."
ALREADY = "The modem is already set up for a charger."
IS_CHARGER = "The modem is now set up for a charger."
WRITTEN = "The kept parameters are back in the modem."
STOPPED = "A car was plugged in. Nothing was changed; read the parameters again when it has gone."
DEFECT = "Something in the box's program went wrong. Read the parameters again to see what the modem has."
OTHER_MODEM = (
    "This file is from another modem (%s, %d bytes; yours: %s, %d bytes). It holds the other one's address and the settings "
    "of its transmitter: with it yours may disturb others, hear badly, or fail to start."
)

# State of a transfer -> what the owner reads meanwhile.
_DOING = {
    "reading": "Reading the modem's parameters",
    "opening": "Asking the modem to take new parameters",
    "writing": "Writing; the modem keeps the old parameters until everything has arrived",
    "committing": "The modem is storing the new parameters. Leave the power on",
    "resetting": "Restarting the modem",
    "checking": "Reading back what was stored",
}


class Service:
    """A piece of the loop. ``role`` (modem.role) goes on to be asked through it; ``tell(text)`` takes lines for the log."""

    not_read = NOT_READ

    def __init__(self, loop, role, mac, random_bytes, tell):
        self.block = None  # what the modem has, as it was last read
        self.upload = b""
        self._loop = loop
        self._role = role
        self._mac = mac
        self._random_bytes = random_bytes
        self._tell = tell
        self._transfer = None
        self._kept = False
        self._success = None
        self._once_more = False
        self._text = "Not read yet."
        self._failed = False

    # ---- the loop's side

    def receive(self, frame, now):
        """An answer of the modem about its parameters, whichever part asked."""
        if self._transfer is not None and self._transfer.receive(frame, now):
            return True
        return self._role.receive(frame, now)

    def poll(self, now):
        """Move what is under way."""
        transfer = self._transfer
        if transfer is None:
            return False
        try:
            if transfer.state == READING and self._loop.has_car():
                transfer.fail(STOPPED)
            busy = transfer.poll(now)
            if transfer.over:
                self._end(transfer)
                self._loop.release(now)
            return busy
        except Exception:
            self._transfer = None
            self._say(DEFECT, failed=True)
            self._loop.release(now)
            raise

    def _end(self, transfer):
        self._transfer = None
        if transfer.module:
            block = Block(transfer.module, transfer.modem_mac)
            if block.fault is not None and self._once_more:
                # The box may have changed the key in it between two pieces.
                self._once_more = False
                self._transfer = Transfer(self._loop.modem, self._mac, self._random_bytes)
                return
            self.block = block
            self._kept = False
        if transfer.state != DONE:
            self._say(transfer.failure, failed=True)
        elif self._success is not None:
            self._say(self._success)
        elif self.block.fault is not None:
            self._say(self.block.fault + " It can be kept, but not changed here.", failed=True)
        else:
            self._say("Read. The modem is set up for: %s." % ROLE_NAMES[self.block.role])

    def _say(self, text, failed=False):
        self._text = text
        self._failed = failed
        self._tell("parameters: " + text)

    # ---- the page's side

    def read(self):
        """Begin to read the parameters."""
        self._must_be_idle()
        self._success = None
        self._once_more = True
        self._transfer = Transfer(self._loop.modem, self._mac, self._random_bytes)

    def kept(self):
        """The file with the parameters was sent to its end."""
        self._kept = True

    def change(self, check):
        """Begin to make the modem a charger's; ``check`` is the check of the block that was shown."""
        block = self._own_block(check)
        if block.role == CHARGER:
            raise Refused("already", ALREADY)
        self._write(block.for_charger(), IS_CHARGER)

    def take(self, offset, data):
        """A piece of a kept file; the first one starts again. Gives how much is there."""
        if offset == 0:
            self.upload = b""
        if offset != len(self.upload) or len(self.upload) + len(data) > MOST_UPLOAD:
            raise Refused(
                "offset", "The file is longer than any modem's parameters, or a piece of it was lost."
            )
        self.upload += data
        return len(self.upload)

    def restore(self, check, agreed):
        """Begin to write the uploaded file; ``agreed`` is True when the owner takes one of another modem."""
        block = self._own_block(check)
        upload = Block(self.upload, None)
        if upload.fault is not None:
            raise Refused("file", "This is not a file of modem parameters. " + upload.fault)
        same = upload.mac == block.mac and len(upload.module) == len(block.module)
        if not same and not agreed:
            names = (name_of(upload.mac), len(upload.module), name_of(block.mac), len(block.module))
            raise Refused("other", OTHER_MODEM % names)
        self._write(upload.module, WRITTEN)

    def _must_be_idle(self):
        if self._transfer is not None:
            raise Refused("busy", BUSY)
        if self._loop.has_car():
            raise Refused("car", CAR_IS_THERE)

    def _own_block(self, check):
        """What the modem has, when something may be written instead of it."""
        self._must_be_idle()
        block = self.block
        if block is None:
            raise Refused("not_read", NOT_READ)
        if block.fault is not None:
            raise Refused("fault", block.fault)
        if not self._kept:
            raise Refused("not_kept", NOT_KEPT)
        if check != block.check:
            raise Refused("changed", CHANGED)
        return block

    def _write(self, new, success):
        self._success = success
        self._once_more = False
        old = self.block.module
        self._loop.hold()
        self._transfer = Transfer(
            self._loop.modem,
            self._mac,
            self._random_bytes,
            new,
            old,
            lambda one, two: Block(one, None).same_but_keys(two),
        )
        self._tell("parameters: being written")

    # ---- what is shown

    def document(self, firmware):
        """For GET /api/modem; ``firmware`` names the file."""
        transfer = self._transfer
        document = {  # type: dict
            "state": "idle",
            "percent": None,
            "text": self._text,
            "failed": self._failed,
            "block": None,
        }
        if transfer is not None:
            document["state"] = transfer.state
            document["text"] = _DOING[transfer.state] + "..."
            total = len(self.block.module) if self.block is not None else 0
            if total and transfer.bytes_done:
                document["percent"] = min(99, 100 * transfer.bytes_done // total)
        block = self.block
        if block is not None:
            document["block"] = {
                "role": ROLE_NAMES.get(block.role),
                "fields": block.fields(),
                "fault": block.fault,
                "check": block.check,
                "file": self.file_name(firmware),
                "kept": self._kept,
                "changes": [],
            }
            if block.fault is None and block.role != CHARGER:
                document["block"]["changes"] = block.differences(block.for_charger())
        return document

    def file_name(self, firmware):
        """MAC and firmware are in the name, so that a file finds its modem again."""
        mac = "unknown" if self.block.mac is None else name_of(self.block.mac).replace(":", "")
        firmware = "".join([letter if letter in LETTERS + ".-" else "-" for letter in firmware or "unknown"])
        return "modem-%s-%s.pib" % (mac, firmware[:60])
