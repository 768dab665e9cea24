/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * What Python calls. */
#pragma once
#include "reader.h"
#include "writer.h"
#include "json.h"

struct Message;
static struct Message *read_message(Reader *reader);
static void write_message(Writer *writer, const struct Message *message);
static void show_message(Json *json, const struct Message *message);

enum { NOT_READ = -1, NOT_WRITTEN = -2 };

/* whole: nothing but zeros may follow */
static struct Message *read_as(const uint8_t *data, size_t length, bool narrow, bool whole)
{
    Reader reader = {.data = data, .at = 8, .end = length * 8, .narrow = narrow};
    if (length < 2 || length > MOST_OCTETS || data[0] != 0x80)
        return NULL;
    struct Message *message = read_message(&reader);
    for (size_t i = (reader.at + 7) / 8; whole && i < length; i++)
        reader.refused |= data[i] != 0;
    return reader.refused ? NULL : message;
}

/* NULL if it is refused. Other codecs write a full list in two ways: the one that leaves nothing over is preferred. */
static struct Message *read_exi(const uint8_t *data, size_t length)
{
    struct Message *message = HAS_FULL_LISTS ? read_as(data, length, true, true) : NULL;
    if (message == NULL)
        message = read_as(data, length, false, false);
    return message == NULL && HAS_FULL_LISTS ? read_as(data, length, true, false) : message;
}

static long write_exi(const struct Message *message, uint8_t *out, size_t room)
{
    Writer writer = {.out = out, .room = room};
    put(&writer, 0x80, 8);
    write_message(&writer, message);
    if (writer.held)
        put(&writer, 0, 8 - writer.held);
    return writer.refused ? NOT_WRITTEN : (long)writer.length;
}

/* Length of the JSON of a message, or NOT_READ. */
long exi_to_json(const uint8_t *data, size_t length, char *out, size_t room)
{
    Json json = {.out = out, .room = room};
    struct Message *message = read_exi(data, length);
    if (message == NULL)
        return NOT_READ;
    show_message(&json, message);
    return json.length;
}

/* Length of the message as it is written again, or NOT_READ, NOT_WRITTEN. */
long exi_to_exi(const uint8_t *data, size_t length, uint8_t *out, size_t room)
{
    struct Message *message = read_exi(data, length);
    return message == NULL ? NOT_READ : write_exi(message, out, room);
}

/* Nanoseconds that it takes to read a message so many times, or to write it. */
double exi_time_ns(const uint8_t *data, size_t length, unsigned repeats, int writes, uint8_t *out, size_t room)
{
    struct timespec begun, ended;
    struct Message *message = read_exi(data, length);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    while (message != NULL && repeats--)
        if (writes)
            write_exi(message, out, room);
        else
            message = read_exi(data, length);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    return (ended.tv_sec - begun.tv_sec) * 1e9 + (ended.tv_nsec - begun.tv_nsec);
}
