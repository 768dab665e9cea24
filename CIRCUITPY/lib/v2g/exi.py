# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""EXI as V2G uses it: bit-packed, schema-informed, non-strict, no string tables (ISO 15118-2 7.9.1).

One codec for every schema. A schema is what ``v2g.schema.load`` returns; only these two files look into it.

    8 0 | root code | SE code [ CH 0 | value | EE 0 ]    a simple element
                    | SE code [ AT code value ... SE code [...] ... EE code ]    a complex one

The code after the last event of a state is the escape to events that deviate from the schema. Cars use
it for empty values and for values outside their facets, so these are decoded; they are never encoded.

Left out: wildcard content and text between elements (only XML signatures could have them), ``xsi:type``,
``xsi:nil``, string table hits. Each of them raises ``ExiError``.
"""

from plc.const import const
from plc.errors import PeerError

# Layout of the tables: see ``v2g.schema``. Kinds of types, and what their least and most limit:
_COMPLEX = const(0)
_BITS = const(1)  # the value
_BOOLEAN = const(2)
_ENUMERATION = const(3)  # the index in names
_BARE = const(4)  # added for an attribute or text: a value without events around it
_UNSIGNED = const(8)  # the value
_SIGNED = const(9)  # the value
_STRING = const(10)  # the length

# Elements from here on are lists, and lists with a bound.
_LIST = const(1 << 20)
_BOUNDED = const(3 << 20)

# Events without an element. After the escape a state is filled up with _NO_TABLE.
_END = const(0)
_NO_TABLE = const(1)
_ESCAPE = const(2)

# More than any real message has (certificate chains need some 5 kB); they limit what a hostile car can cost.
_MAX_BYTES = const(16384)
_MAX_EVENTS = const(4096)
_MAX_DEPTH = const(12)  # the schemas reach 9
_MAX_SHIFT = const(210)  # seven times the groups after the first; an X.509 serial number has up to 20 octets

# The stack of _decode: (node, at) of the elements around the present one, flat. Made once, because a session decodes every
# few milliseconds, and shared, because decoding is never nested.
_OPEN = [None] * (2 * _MAX_DEPTH)


class ExiError(PeerError):
    """The bytes are not a message of the schema, or the message cannot be written in it."""


def decode(schema, data):
    """The message ``{root name: {...}}`` in ``data`` (bytes-like, without V2GTP header); surplus bytes are ignored.

    Elements that may repeat are lists, enumerations are their strings, binary is ``bytes``; text content next to
    attributes has the key ``"value"``. A number that the car wrote as text because it is outside its facet
    is returned as that text. Raises ``ExiError``.

    After a list with as many items as allowed the code is narrower by the standard, but EXIficient and libcbv2g keep the
    wider one for long lists. So both are tried: the narrower first, and the wider if more than zeros are left over,
    which would be the element after the list.
    """
    if not 1 < len(data) <= _MAX_BYTES or data[0] != 0x80:
        raise ExiError("no EXI header")
    padded = bytes(data) + b"\0\0\0"
    for narrow in (2, 0, 1) if schema[6] else (0,):
        try:
            return _decode(schema, padded, narrow)
        except ExiError as caught:
            error = caught
        except (IndexError, ValueError):
            error = ExiError("cut off, or a code without meaning")
    raise error


def _decode(schema, data, narrow):
    bits, roots, states, elements, names, numbers, _ = schema
    end = (len(data) - 3) << 3
    pos = 8 + bits
    code = (data[1] << 8 | data[2]) >> (16 - bits)
    for root, number in roots:  # noqa: B007
        if root == code:
            break
    else:
        raise ExiError("unknown root code %d" % code)
    node = {}
    message = {names[number]: node}
    at = elements[number] >> 8
    stack = _OPEN
    top = 0
    for _ in range(_MAX_EVENTS):
        bits = states[at - 1]
        if bits == 1:
            event = states[at + (data[pos >> 3] >> (7 - (pos & 7)) & 1)]
            pos += 1
        else:
            i = pos >> 3
            event = states[at + (((data[i] << 8 | data[i + 1]) << (pos & 7) & 0xFFFF) >> (16 - bits))]
            pos += bits
        if event <= _ESCAPE:
            if event:
                if event == _NO_TABLE:
                    raise ExiError("content that no table describes")
                pos = _text_left_out(schema, data, pos, at, node)
            if not top:
                break
            top -= 2
            node = stack[top]
            at = stack[top + 1]
            continue
        at = event & 0xFFF
        event >>= 12
        name = names[event]
        element = elements[event]
        kind = element & 15
        if kind == _COMPLEX:
            value = {}
        elif kind >= _UNSIGNED:
            value, pos = _long_value(data, pos, end, kind)
        else:
            bits = element >> 4 & 15
            i = pos >> 3
            # CH 0, the value, EE 0; of an attribute the value alone
            value = (data[i] << 16 | data[i + 1] << 8 | data[i + 2]) >> (22 - bits - (pos & 7))
            value &= (4 << bits) - 1
            if kind > _BARE:
                kind -= _BARE
                value >>= 2
                pos += bits
            elif value & 1 or value >> bits > 1:
                value, pos = _untyped(data, pos, end, kind)
                kind = _STRING
            else:
                value >>= 1
                pos += bits + 2
            if kind == _BITS:
                value += numbers[element >> 8 & 0xFFF]
            elif kind == _ENUMERATION:
                i = element >> 8 & 0xFFF
                value += numbers[i]
                if value > numbers[i + 1]:
                    raise ExiError("not a value of the enumeration")
                value = names[value]
            elif kind == _BOOLEAN:
                value = value == 1
        if element < _LIST:
            node[name] = value
        elif name not in node:
            node[name] = [value]
        else:
            items = node[name]
            items.append(value)
            if element >= _BOUNDED and narrow:
                event = states[at + (1 << states[at - 1])]
                if len(items) == event >> 12:
                    at = event & 0xFFF
        if kind == _COMPLEX:
            stack[top] = node  # IndexError beyond _MAX_DEPTH
            stack[top + 1] = at
            top += 2
            node = value
            at = element >> 8 & 0xFFF
    else:
        raise ExiError("too long")
    if pos > end or (narrow > 1 and end - pos > 7 and any(data[(pos + 7) >> 3 :])):
        raise ExiError("message is cut off")
    return message


def _long_value(data, pos, end, kind):
    """(value, position after it) of a kind that is longer than a few bits. Positions count bits."""
    is_bare = kind & _BARE
    kind -= is_bare
    if not is_bare:
        if data[pos >> 3] >> (7 - (pos & 7)) & 1:
            return _untyped(data, pos, end, kind)
        pos += 1
    negative = 0
    if kind == _SIGNED:
        negative = data[pos >> 3] >> (7 - (pos & 7)) & 1
        pos += 1
    i = pos >> 3
    value = (data[i] << 8 | data[i + 1]) >> (8 - (pos & 7)) & 255
    pos += 8
    if value > 127:
        value &= 127
        for shift in range(7, _MAX_SHIFT + 1, 7):
            i = pos >> 3
            octet = (data[i] << 8 | data[i + 1]) >> (8 - (pos & 7)) & 255
            pos += 8
            value |= (octet & 127) << shift
            if octet < 128:
                break
        else:
            raise ExiError("endless number")
    if negative:
        value = -1 - value
    if kind == _STRING:
        value, pos = _text(data, pos, end, value - 2)
    elif kind > _STRING:
        pos += value << 3
        value = _octets(data, pos - (value << 3), end, value)
    if not is_bare:
        if data[pos >> 3] >> (7 - (pos & 7)) & 1:
            raise ExiError("an element does not end after its value")
        pos += 1
    return value, pos


def _octets(data, pos, end, count):
    if pos + (count << 3) > end:
        raise ExiError("value is longer than the message")
    i = pos >> 3
    shift = pos & 7
    if not shift or not count:
        return data[i : i + count]
    whole = int.from_bytes(data[i : i + count + 1], "big") >> (8 - shift)
    return (whole & ((1 << (count << 3)) - 1)).to_bytes(count, "big")


def _text(data, pos, end, count):
    """(text of ``count`` code points, position after it)."""
    if count < 0:
        raise ExiError("string table hit")
    octets = _octets(data, pos, end, count)
    if not count or max(octets) < 128:
        return octets.decode(), pos + (count << 3)
    characters = []
    for _ in range(count):
        value = 0
        for shift in (0, 7, 14):
            octet = (data[pos >> 3] << 8 | data[(pos >> 3) + 1]) >> (8 - (pos & 7)) & 255
            pos += 8
            value |= (octet & 127) << shift
            if octet < 128:
                break
        if octet > 127 or value > 0x10FFFF or 0xD800 <= value < 0xE000:
            raise ExiError("no character")
        characters.append(chr(value))
    return "".join(characters), pos


def _untyped(data, pos, end, kind):
    """(value, position after it) of a simple element that deviates from the schema: empty, or untyped text."""
    i = pos >> 3
    event = (data[i] << 8 | data[i + 1]) >> (12 - (pos & 7)) & 15
    pos += 4
    if event == 0b1000:  # escape, end of element
        if kind < _STRING:
            raise ExiError("a number without a value")
        return ("" if kind == _STRING else b""), pos
    if event != 0b1110:  # escape, untyped characters
        raise ExiError("deviation from the schema")
    length = _octets(data, pos, end, 1)[0]
    if length > 127:
        raise ExiError("text too long for a value outside its facet")
    value, pos = _text(data, pos + 8, end, length - 2)
    i = pos >> 3
    if (data[i] << 8 | data[i + 1]) >> (13 - (pos & 7)) & 7 != 0b100:  # escape, end of element
        raise ExiError("text does not end")
    if kind in (_BITS, _UNSIGNED, _SIGNED):
        if value.strip("+-0123456789 \t\r\n"):
            raise ExiError("text in place of a number")  # int() would take "1_7"
        int(value)
    elif kind not in (_STRING, _ENUMERATION):
        raise ExiError("text in place of binary or a truth value")
    return value, pos + 3


def _text_left_out(schema, data, pos, at, node):
    """Position after the end of an element with attributes and empty text: escape, end of element."""
    states = schema[2]
    while states[at] != _ESCAPE:
        at += 1
    number = states[at - 1] >> 12
    kind = schema[3][number] & 15
    i = pos >> 3
    is_text = kind & _BARE and schema[4][number] == "value"
    if not is_text or (data[i] << 8 | data[i + 1]) >> (13 - (pos & 7)) & 7:
        raise ExiError("deviation from the schema")
    node["value"] = "" if kind == _STRING | _BARE else b""
    return pos + 3


def encode(schema, message):
    """``bytes`` of a message in the form that ``decode`` returns. Raises ``ExiError``.

    What the schema does not allow is refused: elements that are missing, unknown or too many, wrong types,
    values outside their range. So is a full list where encoders differ in its code, see ``decode``.
    """
    out = bytearray(b"\x80")
    try:
        _encode(schema, message, out)
    except ValueError:
        raise ExiError("text that the schema does not have")
    return bytes(out)


def _encode(schema, message, out):
    bits, roots, states, elements, names, numbers, _ = schema
    left = _children("message", message)
    for word, number in roots:  # noqa: B007
        name = names[number]
        if name in message:
            break
    if left != 1 or name not in message:
        raise ExiError("a message has one root, of the schema")
    held = bits  # bits of `word` still to be written
    at = elements[number] >> 8
    node = message[name]
    left = _children(name, node)  # children still to be written
    listed = None  # name of the list being written
    index = 0  # number of its items written so far
    start = at  # where to look for the next event: a choice that repeats is written in the order of the schema
    stack = []  # of (node, at, left, run), flat: tuples would take more heap
    for _ in range(_MAX_EVENTS):
        bits = states[at - 1]
        i = start
        while True:
            event = states[i]
            i += 1
            if event <= _ESCAPE:
                if event == _END:
                    break
                if event == _NO_TABLE:
                    continue
                raise ExiError("%s is missing" % names[states[at] >> 12])
            number = event >> 12
            name = names[number]
            if name not in node:
                continue
            value = node[name]
            element = elements[number]
            if element < _LIST:
                listed = None
                left -= 1
                break
            if listed != name:
                listed = name
                index = 0
                if not isinstance(value, list) or element >= _BOUNDED and _is_full(states, event, value):
                    raise ExiError("%s is not a list or a full one" % name)
            if index < len(value):
                index += 1
                if index == len(value):
                    left -= 1
                value = value[index - 1]
                break
        word = word << bits | (i - at - 1)
        held += bits
        if event == _END:
            if left:
                raise ExiError("elements that the schema does not have there")
            if not stack:
                break
            run = stack.pop()
            left = stack.pop()
            at = stack.pop()
            node = stack.pop()
            listed = None
            start = at
            if run:
                listed, index, start = run
        else:
            number = event & 0xFFF
            start = i - 1 if number == at else number
            at = number
            kind = element & 15
            if kind == _COMPLEX:
                run = (listed, index, start) if listed else None
                stack.append(node)
                stack.append(at)
                stack.append(left)
                stack.append(run)
                left = _children(name, value)
                node = value
                at = start = element >> 8 & 0xFFF
                listed = None
            elif kind >= _UNSIGNED:
                word = _put_long(out, word, held, name, element, numbers, value)
                held = word >> 8
                word &= 255
            else:
                bits = element >> 4 & 15
                is_bare = kind & _BARE
                kind -= is_bare
                if kind == _BOOLEAN:
                    if value is not True and value is not False:
                        raise ExiError("%s is not a truth value" % name)
                    value = 1 if value else 0
                else:
                    i = element >> 8 & 0xFFF
                    if kind == _ENUMERATION:
                        value = names.index(value, numbers[i], numbers[i + 1] + 1)
                    elif type(value) is not int or not numbers[i] <= value <= numbers[i + 1]:
                        raise ExiError("%s is out of range" % name)
                    value -= numbers[i]
                if not is_bare:
                    value <<= 1
                    bits += 2
                word = word << bits | value
                held += bits
        while held >= 8:
            held -= 8
            out.append(word >> held & 255)
        word &= (1 << held) - 1
    else:
        raise ExiError("too long")
    while held > 0:
        out.append(word << 8 >> held & 255)
        held -= 8


def _is_full(states, event, items):
    """Whether a list has as many items as the loop behind ``event`` allows."""
    at = event & 0xFFF
    return len(items) >= states[at + (1 << states[at - 1])] >> 12


def _children(name, node):
    if not isinstance(node, dict):
        raise ExiError("%s is not a dict" % name)
    return len(node)


def _put_long(out, word, held, name, element, numbers, value):
    """Writes a value of a kind longer than a few bits. Returns ``held << 8 | word``: the bits that fill no octet yet."""
    is_bare = element & _BARE
    kind = (element & 15) - is_bare
    at = element >> 8 & 0xFFF
    least = numbers[at]
    most = numbers[at + 1]
    if not is_bare:
        word <<= 1
        held += 1
    octets = None
    if kind <= _SIGNED:
        if type(value) is not int:
            raise ExiError("%s is not a number" % name)
    else:
        octets = _octets_of(name, kind, value)
        value = len(value)
    if (least is not None and value < least) or (most is not None and value > most):
        raise ExiError("%s is out of range" % name)
    if kind == _SIGNED:
        word <<= 1
        held += 1
        if value < 0:
            word |= 1
            value = -1 - value
    elif kind == _STRING:
        value += 2
    while True:
        word = word << 8 | (value & 127 if value < 128 else value & 127 | 128)
        while held >= 0:
            out.append(word >> held & 255)
            held -= 8
        held += 8
        word &= (1 << held) - 1
        value >>= 7
        if not value:
            break
    if octets:
        if held:
            whole = word << (len(octets) << 3) | int.from_bytes(octets, "big")
            out.extend((whole >> held).to_bytes(len(octets), "big"))
            word = octets[-1] & ((1 << held) - 1)
        else:
            out.extend(octets)
    if not is_bare:
        word <<= 1
        held += 1
    return held << 8 | word


def _octets_of(name, kind, value):
    if kind != _STRING:
        if not isinstance(value, (bytes, bytearray)):
            raise ExiError("%s is not binary" % name)
        return value
    if not isinstance(value, str):
        raise ExiError("%s is not text" % name)
    octets = value.encode()
    if len(octets) == len(value):
        return octets
    octets = bytearray()
    for character in value:
        number = ord(character)
        if 0xD800 <= number < 0xE000:
            raise ExiError("%s has half a character" % name)
        while number > 127:
            octets.append(number & 127 | 128)
            number >>= 7
        octets.append(number)
    return octets
