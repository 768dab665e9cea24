/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * What all codecs that make_source.py writes are made of.
 *
 * A message is read into structs, one for each complex type. An element is a pointer to its first item, NULL where there is
 * none, and an item points to the next of its list. All of it lies in one arena, which the next message takes over.
 *
 * What is refused stays refused: from then on there is no code that a state knows, and the arena takes nothing.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MOST_OCTETS = 16384, MOST_EVENTS = 4096, MOST_GROUPS = 31, MOST_UNTYPED = 127, NO_CODE = 1 << 16 };

/* LONG_NUMBER: one beyond 64 bits, as groups of seven, the lowest first. */
typedef enum { NUMBER, LONG_NUMBER, TEXT, OCTETS } Form;

typedef struct Simple {
    struct Simple *next;
    const uint8_t *octets; /* text in UTF-8 */
    uint64_t number;       /* where it is negative: -1 minus it */
    uint32_t length, characters;
    Form form;
    bool negative;
} Simple;

typedef struct {
    const uint8_t *data;
    size_t at, end; /* in bits */
    size_t used;    /* octets of the arena */
    unsigned events;
    bool narrow; /* a full list is closed with a narrower code */
    bool refused;
} Reader;

typedef struct {
    uint8_t *out;
    size_t room, length;
    uint32_t word;
    unsigned held; /* bits of word that are not written yet */
    unsigned events;
    bool refused;
} Writer;

typedef struct {
    char *out;
    size_t room, length;
} Json;

static uint8_t arena[1 << 21] __attribute__((aligned(16)));
