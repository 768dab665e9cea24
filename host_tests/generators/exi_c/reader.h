/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * Reads simple values. */
#pragma once
#include "values.h"

static void refuse(Reader *reader)
{
    reader->refused = true;
}

/* Zeros. Where no room is left: those of an item that is not wanted any more, because the message is refused. */
static void *allocate(Reader *reader, size_t size)
{
    size_t at = (reader->used + 15) & ~(size_t)15;
    if (size > sizeof arena - at || reader->refused) {
        refuse(reader);
        at = 0;
    } else
        reader->used = at + size;
    return memset(arena + at, 0, size);
}

static unsigned bits(Reader *reader, unsigned count)
{
    if (reader->refused || reader->end - reader->at < count) {
        refuse(reader);
        return 0;
    }
    if (!count)
        return 0;
    const uint8_t *octet = reader->data + (reader->at >> 3);
    unsigned had = reader->at & 7, have = 8 - had;
    uint32_t word = *octet & 255u >> had;
    for (; have < count; have += 8)
        word = word << 8 | *++octet;
    reader->at += count;
    return word >> (have - count);
}

static unsigned code(Reader *reader, unsigned count)
{
    if (reader->events++ == MOST_EVENTS)
        refuse(reader);
    unsigned found = bits(reader, count);
    return reader->refused ? NO_CODE : found;
}

/* A number of any length; how many octets or characters follow, too. */
static void read_groups(Reader *reader, Simple *value)
{
    uint8_t groups[MOST_GROUPS];
    unsigned count = 0, octet;
    do {
        if (count == MOST_GROUPS) {
            refuse(reader);
            return;
        }
        octet = bits(reader, 8);
        groups[count++] = octet & 127;
    } while (octet > 127);
    while (count > 1 && !groups[count - 1])
        count--;
    value->form = NUMBER;
    if (count > 10 || (count == 10 && groups[9] > 1)) {
        uint8_t *kept = allocate(reader, count);
        memcpy(kept, groups, count);
        value->form = LONG_NUMBER;
        value->octets = kept;
        value->length = count;
        return;
    }
    while (count--)
        value->number = value->number << 7 | groups[count];
}

static void read_characters(Reader *reader, Simple *value, uint64_t count)
{
    value->form = TEXT;
    if (reader->refused || count > (reader->end - reader->at) / 8) {
        refuse(reader);
        return;
    }
    uint8_t *out = allocate(reader, count * 4);
    value->octets = out;
    value->characters = count;
    while (count-- && !reader->refused) {
        uint32_t character = 0;
        unsigned octet = 128;
        for (unsigned shift = 0; octet > 127 && shift < 21; shift += 7)
            character |= ((octet = bits(reader, 8)) & 127) << shift;
        if (octet > 127 || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000)) {
            refuse(reader);
            return;
        }
        unsigned more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
        *out++ = (more ? 0xF80 >> more & 255 : 0) | character >> 6 * more;
        while (more--)
            *out++ = 0x80 | (character >> 6 * more & 63);
    }
    value->length = out - value->octets;
    if (!reader->refused)
        reader->used = out - arena;
}

static bool is_integer(const Simple *value)
{
    const uint8_t *at = value->octets, *end = at + value->length;
    while (at < end && strchr(" \t\r\n", *at) && *at)
        at++;
    while (end > at && strchr(" \t\r\n", end[-1]) && end[-1])
        end--;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    if (at == end)
        return false;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == end;
}

/* Whether a value of the type follows. Else what stands there in its place is read: nothing, or text. */
static bool is_typed(Reader *reader, Simple *value, bool bare, Form form)
{
    if (bare || !bits(reader, 1))
        return !reader->refused;
    unsigned event = bits(reader, 3); /* of the second level: 0 end of the element, 6 characters */
    if (event == 0 && form != NUMBER) {
        value->form = form;
        value->octets = arena;
        return false;
    }
    unsigned length = bits(reader, 8);
    if (event != 6 || form == OCTETS || length < 2 || length > MOST_UNTYPED) {
        refuse(reader);
        return false;
    }
    read_characters(reader, value, length - 2);
    if (bits(reader, 3) != 4) /* escape, end of the element */
        refuse(reader);
    return false;
}

static void end_value(Reader *reader, bool bare)
{
    if (!bare && bits(reader, 1))
        refuse(reader);
}

static void read_bits(Reader *reader, Simple *value, bool bare, unsigned count, int64_t least)
{
    if (is_typed(reader, value, bare, NUMBER)) {
        int64_t number = bits(reader, count) + least;
        value->negative = number < 0;
        value->number = number < 0 ? -1 - number : number;
        end_value(reader, bare);
    } else if (!reader->refused && !is_integer(value))
        refuse(reader);
}

static void read_boolean(Reader *reader, Simple *value, bool bare)
{
    if (!is_typed(reader, value, bare, NUMBER)) {
        refuse(reader);
        return;
    }
    value->number = bits(reader, 1);
    end_value(reader, bare);
}

static void read_name(Reader *reader, Simple *value, bool bare, unsigned width, const char *const *names, unsigned count)
{
    if (is_typed(reader, value, bare, NUMBER)) {
        value->number = bits(reader, width);
        if (value->number >= count)
            refuse(reader);
        end_value(reader, bare);
        return;
    }
    for (unsigned place = 0; place < count && !reader->refused; place++)
        if (strlen(names[place]) == value->length && !memcmp(names[place], value->octets, value->length)) {
            value->form = NUMBER;
            value->number = place;
        }
}

static void read_unsigned(Reader *reader, Simple *value, bool bare)
{
    if (is_typed(reader, value, bare, NUMBER)) {
        read_groups(reader, value);
        end_value(reader, bare);
    } else if (!reader->refused && !is_integer(value))
        refuse(reader);
}

static void read_signed(Reader *reader, Simple *value, bool bare)
{
    if (is_typed(reader, value, bare, NUMBER)) {
        value->negative = bits(reader, 1);
        read_groups(reader, value);
        end_value(reader, bare);
    } else if (!reader->refused && !is_integer(value))
        refuse(reader);
}

static void read_text(Reader *reader, Simple *value, bool bare)
{
    if (!is_typed(reader, value, bare, TEXT))
        return;
    read_groups(reader, value);
    if (value->form != NUMBER || value->number < 2) /* a hit in a string table */
        refuse(reader);
    read_characters(reader, value, value->number - 2);
    end_value(reader, bare);
}

static void read_octets(Reader *reader, Simple *value, bool bare)
{
    if (!is_typed(reader, value, bare, OCTETS))
        return;
    read_groups(reader, value);
    if (value->form != NUMBER || reader->refused || value->number > (reader->end - reader->at) / 8) {
        refuse(reader);
        return;
    }
    uint8_t *out = allocate(reader, value->number);
    value->form = OCTETS;
    value->octets = out;
    value->length = value->number;
    for (uint32_t left = value->length; left-- && !reader->refused;)
        *out++ = bits(reader, 8);
    end_value(reader, bare);
}

/* The text beside attributes left out: escape, which was read, end of the element. */
static void read_no_text(Reader *reader, Simple *value, Form form)
{
    if (bits(reader, 3))
        refuse(reader);
    value->form = form;
    value->octets = arena;
}
