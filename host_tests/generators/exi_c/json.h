/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * Shows a message as JSON; octets are {"hex": "..."}. */
#pragma once
#include "values.h"

static void show(Json *json, const char *text, size_t length)
{
    if (length > json->room - json->length)
        length = json->room - json->length; /* what is cut off there is no JSON */
    memcpy(json->out + json->length, text, length);
    json->length += length;
}

static void show_word(Json *json, const char *text)
{
    show(json, text, strlen(text));
}

/* A comma, unless it is the first there. */
static void begin_item(Json *json)
{
    char last = json->length ? json->out[json->length - 1] : '{';
    if (last != '{' && last != '[')
        show_word(json, ",");
}

static void show_key(Json *json, const char *name)
{
    begin_item(json);
    show_word(json, "\"");
    show_word(json, name);
    show_word(json, "\":");
}

static void show_text(Json *json, const Simple *value)
{
    char text[8];
    show_word(json, "\"");
    for (uint32_t place = 0; place < value->length; place++) {
        uint8_t octet = value->octets[place];
        bool plain = octet >= ' ' && octet != '"' && octet != '\\';
        show(json, text, snprintf(text, sizeof text, plain ? "%c" : "\\u%04x", octet));
    }
    show_word(json, "\"");
}

/* Decimal digits of a number of any length, by long division. */
static void show_long(Json *json, const Simple *value)
{
    uint8_t groups[MOST_GROUPS + 1] = {0};
    char digits[80];
    unsigned place = sizeof digits;
    memcpy(groups, value->octets, value->length);
    for (unsigned at = 0; value->negative && ++groups[at] == 128; at++)
        groups[at] = 0;
    for (unsigned any = 1; any;) {
        unsigned left = 0;
        any = 0;
        for (unsigned at = sizeof groups; at--;) {
            left = left << 7 | groups[at];
            any |= groups[at] = left / 10;
            left %= 10;
        }
        digits[--place] = '0' + left;
    }
    show(json, digits + place, sizeof digits - place);
}

static void show_number(Json *json, const Simple *value)
{
    char text[24];
    if (value->form == TEXT) {
        show_text(json, value);
        return;
    }
    if (value->negative)
        show_word(json, "-");
    if (value->form == LONG_NUMBER)
        show_long(json, value);
    else if (value->negative && value->number == UINT64_MAX)
        show_word(json, "18446744073709551616");
    else
        show(json, text, snprintf(text, sizeof text, "%llu", (unsigned long long)value->number + value->negative));
}

static void show_boolean(Json *json, const Simple *value)
{
    show_word(json, value->number ? "true" : "false");
}

static void show_name(Json *json, const Simple *value, const char *const *names)
{
    if (value->form == TEXT) {
        show_text(json, value);
        return;
    }
    show_word(json, "\"");
    show_word(json, names[value->number]);
    show_word(json, "\"");
}

static void show_octets(Json *json, const Simple *value)
{
    char text[4];
    show_word(json, "{\"hex\":\"");
    for (uint32_t place = 0; place < value->length; place++)
        show(json, text, snprintf(text, sizeof text, "%02x", value->octets[place]));
    show_word(json, "\"}");
}
