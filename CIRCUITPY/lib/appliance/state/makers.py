# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who probably made a car, by the first three bytes of its EVCCID or EV MAC, or three and a half.

Half a byte more where sixteen makers share the three, as Tesla and another supplier of charging units do.

The bytes name the maker of the charging unit, which several brands may share, and a car may make them up. So this is for
people only, as "probably", never for a decision. Seen in recordings of production cars.
"""

from appliance.base.text import hex_text
from appliance.state.cars import low_six

# One string, because a table would be thirty more interned names.
_MAKERS = """
007dfa VW group
98ed5c Tesla
dc44271 Tesla
001823 Mercedes-Benz
cc8826 Mercedes-Benz
001887 Porsche
0030ab BMW
ec65cc BMW
e00ee1 Hyundai or Kia
9012a1 Hyundai or Kia
04e77e Hyundai or Kia
046565 Hyundai
c0fbb6 BYD or XPENG
a453ee0 Stellantis
044eaf Opel or Chevrolet
fca47a MG
141fba1 Seres
00c059 Subaru or Toyota
48c58d Polestar
184cae Renault
"""


def likely_maker(address):
    """The maker's name for an EVCCID or a MAC (bytes), or None."""
    if address is None:
        return None
    digits = hex_text(low_six(address)[:4])
    for length in (6, 7):
        row = "\n%s " % digits[:length]
        at = _MAKERS.find(row)
        if at >= 0:
            start = at + len(row)
            return _MAKERS[start : _MAKERS.find("\n", start)]
    return None
