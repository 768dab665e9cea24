# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who probably made a car, by the first three bytes of its EVCCID or EV MAC.

They name the maker of the charging unit, which several brands share, and nothing stops a car from making them up: so
"probably" at most, for people, never for a decision. Seen in recordings of production cars.
"""

from appliance.base.text import hex_text
from appliance.state.cars import low_six

_MAKERS = {
    "007dfa": "VW group",
    "98ed5c": "Tesla",
    "001823": "Mercedes-Benz",
    "cc8826": "Mercedes-Benz",
    "001887": "Porsche",
    "0030ab": "BMW",
    "ec65cc": "BMW",
    "e00ee1": "Hyundai or Kia",
    "9012a1": "Hyundai or Kia",
    "04e77e": "Hyundai or Kia",
    "046565": "Hyundai",
    "c0fbb6": "BYD or XPENG",
    "a453ee": "Stellantis",
    "044eaf": "Opel or Chevrolet",
    "fca47a": "MG",
    "141fba": "Seres",
    "00c059": "Subaru or Toyota",
    "48c58d": "Polestar",
    "184cae": "Renault",
}


def likely_maker(address):
    """The maker's name for an EVCCID or a MAC (bytes), or None."""
    return None if address is None else _MAKERS.get(hex_text(low_six(address)[:3]))
