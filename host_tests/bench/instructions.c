/* SPDX-FileCopyrightText: 2026 socbox contributors
 * SPDX-License-Identifier: MIT
 *
 * Gives each Python file a C function of its own through which MicroPython's virtual machine is entered, so that a profiler
 * of C functions (callgrind) tells Python files apart. Loaded before MicroPython's library (LD_PRELOAD), which calls what is
 * defined here instead of its own functions.
 *
 * INSTRUCTIONS_OF      MicroPython's library
 * INSTRUCTIONS_NAMES   where to write, at the end, which function stands for which file, and how often each asked for memory
 *
 * What a board is charged for by other figures than lines has a function of its own as well: compiling, importing, files,
 * collecting garbage. The search for a name, which MicroPython does for each new text, has one for each file; that for memory has two for all files. All these
 * functions begin with zz_; counted_instructions.py has the profiler add every other one to its caller.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *object;
/* The beginnings of mp_module_context_t, mp_obj_fun_bc_t and mp_code_state_t; the first name of a module is its file's. */
typedef struct {
    object type, globals;
    const uint16_t *names;
} context_t;
typedef struct {
    object type;
    const context_t *context;
} function_t;
typedef struct {
    const function_t *function;
} state_t;

#define FILES 256
#define FRAMES 1000
/* The profiler must see a call and a return, no jump. */
#define STAY __asm__ volatile("")

static int (*execute)(state_t *, object);
static size_t (*find)(const char *, size_t);
static const char *(*text_of)(size_t);
static uint16_t number_of[65536];
static char *files[FILES];
static unsigned long taken[FILES][2];
static unsigned count = 1;
/* The files that run now, innermost last, each with its place on the C stack. An exception leaves without a word, so those
 * below whoever looks are over. */
static struct {
    const char *at;
    unsigned number;
} frames[FRAMES];
static unsigned depth;

#define ENTER(digits) \
    __attribute__((noinline)) int zz_file_##digits(state_t *state, object thrown) { \
        int how = execute(state, thrown); \
        STAY; \
        return how; \
    } \
    __attribute__((noinline)) size_t zz_name_##digits(const char *text, size_t size) { \
        size_t name = find(text, size); \
        STAY; \
        return name; \
    }
#define LIST(digits) zz_file_##digits,
#define LIST_NAMES(digits) zz_name_##digits,
#define FOUR(what, digits) what(digits##0) what(digits##1) what(digits##2) what(digits##3)
#define SIXTEEN(what, digits) \
    FOUR(what, digits##0) FOUR(what, digits##1) FOUR(what, digits##2) FOUR(what, digits##3)
#define ALL(what) \
    SIXTEEN(what, 0) SIXTEEN(what, 1) SIXTEEN(what, 2) SIXTEEN(what, 3) SIXTEEN(what, 10) SIXTEEN(what, 11) \
    SIXTEEN(what, 12) SIXTEEN(what, 13) SIXTEEN(what, 20) SIXTEEN(what, 21) SIXTEEN(what, 22) SIXTEEN(what, 23) \
    SIXTEEN(what, 30) SIXTEEN(what, 31) SIXTEEN(what, 32) SIXTEEN(what, 33)
ALL(ENTER)
static int (*const entries[FILES])(state_t *, object) = {ALL(LIST)};
static size_t (*const searches[FILES])(const char *, size_t) = {ALL(LIST_NAMES)};

static void *real(const char *name) {
    static void *library;
    if (library == NULL)
        library = dlopen(getenv("INSTRUCTIONS_OF"), RTLD_LAZY | RTLD_NOLOAD);
    void *found = library == NULL ? NULL : dlsym(library, name);
    if (found == NULL) {
        fprintf(stderr, "MicroPython has no %s\n", name);
        abort();
    }
    return found;
}

static void tell(void) {
    FILE *file = fopen(getenv("INSTRUCTIONS_NAMES"), "w");
    if (file == NULL)
        return;
    for (unsigned number = 1; number < count; number++)
        fprintf(file, "%u %lu %lu %s\n", number, taken[number][0], taken[number][1], files[number]);
    fclose(file);
}

static unsigned new_file(unsigned name) {
    if (execute == NULL) {
        execute = real("mp_execute_bytecode");
        text_of = real("qstr_str");
        atexit(tell);
    }
    if (count == FILES)
        abort();
    files[count] = strdup(text_of(name));
    return number_of[name] = count++;
}

static void forget_below(const char *here) {
    while (depth > 0 && frames[depth - 1].at <= here)
        depth--;
}

static void begin(const char *here, unsigned number) {
    forget_below(here);
    if (depth == FRAMES)
        abort();
    frames[depth].at = here;
    frames[depth++].number = number;
}

int mp_execute_bytecode(state_t *state, object thrown) {
    const char *here = __builtin_frame_address(0);
    unsigned name = state->function->context->names[0];
    unsigned number = number_of[name];
    if (number == 0)
        number = new_file(name);
    begin(here, number);
    int how = entries[number](state, thrown);
    forget_below(here);
    return how;
}

size_t qstr_find_strn(const char *text, size_t size) {
    if (find == NULL)
        find = real("qstr_find_strn");
    forget_below(__builtin_frame_address(0));
    return searches[depth > 0 ? frames[depth - 1].number : 0](text, size);
}

/* Functions that go into no file's account, nor do searches in them. */
#define APART(type, name, parameters, arguments) \
    static type(*real_##name) parameters; \
    __attribute__((noinline)) type zz_##name parameters { \
        type result = real_##name arguments; \
        STAY; \
        return result; \
    } \
    type name parameters { \
        if (real_##name == NULL) \
            real_##name = real(#name); \
        begin(__builtin_frame_address(0), 0); \
        type result = zz_##name arguments; \
        forget_below(__builtin_frame_address(0)); \
        return result; \
    }
APART(object, mp_builtin___import___default, (size_t n, const object *all), (n, all))
APART(object, mp_parse_compile_execute, (object lexer, int kind, object globals, object locals), (lexer, kind, globals, locals))
APART(object, mp_lexer_new_from_file, (size_t name), (name))
APART(object, mp_vfs_open, (size_t n, const object *all, object named), (n, all, named))
APART(object, mp_vfs_stat, (object path), (path))
APART(object, mp_vfs_ilistdir, (size_t n, const object *all), (n, all))
APART(size_t, mp_stream_rw, (object stream, void *bytes, size_t size, int *error, uint8_t flags), (stream, bytes, size, error, flags))

#define APART_FROM(name, parameters, arguments) \
    static void(*real_##name) parameters; \
    __attribute__((noinline)) void zz_##name parameters { \
        real_##name arguments; \
        STAY; \
    } \
    void name parameters { \
        if (real_##name == NULL) \
            real_##name = real(#name); \
        begin(__builtin_frame_address(0), 0); \
        zz_##name arguments; \
        forget_below(__builtin_frame_address(0)); \
    }
APART_FROM(gc_collect, (void), ())
APART_FROM(gc_info, (void *result), (result))

/* After a collection the search for free memory begins at the heap's start again, and passes all that is in use for each piece
 * of more than one block until the holes are filled. Which file asks then is chance. So all searches have two accounts for
 * everybody, one of single blocks and one of larger pieces, and each file has its share by how often it asked. */
#define BLOCK (4 * sizeof(void *))
static object (*allocate)(size_t, unsigned);
#define TAKE(name) \
    __attribute__((noinline)) object zz_take_##name(size_t size, unsigned flags) { \
        object found = allocate(size, flags); \
        STAY; \
        return found; \
    }
TAKE(one)
TAKE(more)

object gc_alloc(size_t size, unsigned flags) {
    if (allocate == NULL)
        allocate = real("gc_alloc");
    forget_below(__builtin_frame_address(0));
    unsigned number = depth > 0 ? frames[depth - 1].number : 0;
    if (number == 0)
        return allocate(size, flags);
    taken[number][size > BLOCK]++;
    return size > BLOCK ? zz_take_more(size, flags) : zz_take_one(size, flags);
}
