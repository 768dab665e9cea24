# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""supervisor: ticks, run-time facts, reload.

Follows shared-bindings/supervisor/__init__.c and Runtime.c; the causes of safe mode are those of
ports/espressif/supervisor/port.c.
"""

from twin_device import device, loader

from host_tests.twin.circuitpython._names import names
from host_tests.twin.device import SoftReload
from host_tests.twin.settings_toml import RAW_VALUES, own_flag, own_number


class RunReason:
    pass


class SafeModeReason:
    pass


names(RunReason, "supervisor", "STARTUP AUTO_RELOAD SUPERVISOR_RELOAD REPL_RELOAD")
names(
    SafeModeReason,
    "supervisor",
    "NONE BROWNOUT FLASH_WRITE_FAIL GC_ALLOC_OUTSIDE_VM HARD_FAULT INTERRUPT_ERROR NLR_JUMP_FAIL NO_CIRCUITPY "
    "NO_HEAP PROGRAMMATIC SAFE_MODE_PY_ERROR SDK_FATAL_ERROR STACK_OVERFLOW USB_BOOT_DEVICE_NOT_INTERFACE_ZERO "
    "USB_TOO_MANY_ENDPOINTS USB_TOO_MANY_INTERFACE_NAMES USER WATCHDOG",
)


class Runtime:
    @property
    def usb_connected(self):
        return device.drive.usb_host

    @property
    def serial_connected(self):
        return device.drive.usb_host

    @property
    def serial_bytes_available(self):
        return len(device.console_input_text)

    @property
    def run_reason(self):
        return getattr(RunReason, device.run_reason)

    @property
    def safe_mode_reason(self):
        return getattr(SafeModeReason, device.safe_mode_reason)

    @property
    def autoreload(self):
        return device.autoreload

    @autoreload.setter
    def autoreload(self, value):
        device.autoreload = bool(value)

    @property
    def display(self):
        displayio = loader.modules.get("displayio")
        return displayio.displays[0] if displayio is not None and displayio.displays else None

    @display.setter
    def display(self, value):
        pass

    @property
    def ble_workflow(self):
        return device.ble_workflow

    @ble_workflow.setter
    def ble_workflow(self, value):
        # True does nothing once it was switched off, and it is off unless BOOT was pressed.
        device.ble_workflow = device.ble_workflow and bool(value)

    rgb_status_brightness = 0


class StatusBar:
    console = True
    display = True


class _NextCode:
    pass


runtime = Runtime()
status_bar = StatusBar()


def ticks_ms():
    device.spend(device.costs.ticks_us)
    return device.ticks_ms()


def reload():
    device.end_program(SoftReload())


def set_next_code_file(
    filename,
    *,
    working_directory=None,
    reload_on_success=False,
    reload_on_error=False,
    sticky_on_success=False,
    sticky_on_error=False,
    sticky_on_reload=False,
):
    chosen = _NextCode()
    chosen.filename = filename
    chosen.reload_on_success = reload_on_success
    chosen.reload_on_error = reload_on_error
    device.next_code_file = chosen


def get_previous_traceback():
    return device.previous_traceback


def reset_terminal(x_pixels, y_pixels):
    pass


def set_usb_identification(manufacturer=None, product=None, vid=-1, pid=-1):
    if not device.native_usb:
        raise NotImplementedError
    if device.vm_stage == "boot":
        device.usb_identification = {"manufacturer": manufacturer, "product": product, "vid": vid, "pid": pid}


if device.version >= RAW_VALUES:

    def get_setting(key, default=None):
        """Typed value of settings.toml: text in double quotes, true, false or an integer; else ValueError."""
        found = device.drive.find_setting(key)
        if found.value is None and not found.bad:
            return default
        for value in (found.text() if found.quoted and not found.bad else None, own_flag(found), own_number(found)):
            if value is not None:
                return value
        raise ValueError(f"Invalid {key}")
