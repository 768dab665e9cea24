/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * Writes simple values. */
#pragma once
#include "values.h"

static void refuse_to_write(Writer *writer)
{
    writer->refused = true;
}

static void put(Writer *writer, unsigned value, unsigned count)
{
    writer->word = writer->word << count | value;
    for (writer->held += count; writer->held >= 8;) {
        writer->held -= 8;
        if (writer->length == writer->room)
            refuse_to_write(writer);
        else
            writer->out[writer->length++] = writer->word >> writer->held;
    }
    writer->word &= (1u << writer->held) - 1;
}

static void event(Writer *writer, unsigned number, unsigned count)
{
    if (writer->events++ == MOST_EVENTS)
        refuse_to_write(writer);
    put(writer, number, count);
}

static void put_groups(Writer *writer, uint64_t number)
{
    for (; number > 127; number >>= 7)
        put(writer, (number & 127) | 128, 8);
    put(writer, number, 8);
}

/* The mark before a typed value and behind it. */
static void put_mark(Writer *writer, bool bare)
{
    if (!bare)
        put(writer, 0, 1);
}

static void write_short(Writer *writer, const Simple *value, bool bare, unsigned width, uint64_t number, uint64_t most)
{
    if (value->form != NUMBER || number > most) {
        refuse_to_write(writer);
        return;
    }
    put_mark(writer, bare);
    put(writer, number, width);
    put_mark(writer, bare);
}

static void write_bits(Writer *writer, const Simple *value, bool bare, unsigned width, int64_t least, int64_t most)
{
    int64_t number = value->negative ? -1 - (int64_t)value->number : (int64_t)value->number;
    write_short(writer, value, bare, width, (uint64_t)(number - least), (uint64_t)(most - least));
}

static void write_boolean(Writer *writer, const Simple *value, bool bare)
{
    write_short(writer, value, bare, 1, value->number, 1);
}

static void write_name(Writer *writer, const Simple *value, bool bare, unsigned width, unsigned count)
{
    write_short(writer, value, bare, width, value->number, count - 1);
}

static void write_groups(Writer *writer, const Simple *value, uint64_t most)
{
    if (value->form != NUMBER || value->number > most)
        refuse_to_write(writer);
    put_groups(writer, value->number);
}

static void write_unsigned(Writer *writer, const Simple *value, bool bare, uint64_t most)
{
    put_mark(writer, bare);
    write_groups(writer, value, most);
    put_mark(writer, bare);
}

/* `least`: -1 minus it. */
static void write_signed(Writer *writer, const Simple *value, bool bare, uint64_t least, uint64_t most)
{
    put_mark(writer, bare);
    put(writer, value->negative, 1);
    write_groups(writer, value, value->negative ? least : most);
    put_mark(writer, bare);
}

static void write_integer(Writer *writer, const Simple *value, bool bare)
{
    if (value->form != LONG_NUMBER) {
        write_signed(writer, value, bare, UINT64_MAX, UINT64_MAX);
        return;
    }
    put_mark(writer, bare);
    put(writer, value->negative, 1);
    for (uint32_t place = 0; place < value->length; place++)
        put(writer, value->octets[place] | (place + 1 < value->length ? 128 : 0), 8);
    put_mark(writer, bare);
}

static void write_text(Writer *writer, const Simple *value, bool bare, uint64_t most)
{
    if (value->characters > most) {
        refuse_to_write(writer);
        return;
    }
    put_mark(writer, bare);
    put_groups(writer, (uint64_t)value->characters + 2);
    const uint8_t *at = value->octets;
    for (uint32_t left = value->characters; left--;) {
        unsigned more = *at < 0x80 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
        uint32_t character = *at++ & (more ? 0x3F >> more : 0x7F);
        while (more--)
            character = character << 6 | (*at++ & 63);
        put_groups(writer, character);
    }
    put_mark(writer, bare);
}

static void write_octets(Writer *writer, const Simple *value, bool bare, uint64_t most)
{
    if (value->length > most) {
        refuse_to_write(writer);
        return;
    }
    put_mark(writer, bare);
    put_groups(writer, value->length);
    for (uint32_t place = 0; place < value->length; place++)
        put(writer, value->octets[place], 8);
    put_mark(writer, bare);
}
