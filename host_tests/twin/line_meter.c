/* SPDX-FileCopyrightText: 2026 socbox contributors
   SPDX-License-Identifier: MIT

   cost.Meter in C: the same lines, the same times, the same instants, a tenth of the work. `line_meter.py` builds it.

   The tracer hears each line of the program. A line of device code is owed as long as the line costs; whenever
   `flush_ns` are owed, the whole microseconds of it have to pass. Mostly nothing is due in the world meanwhile
   (`room()` tells how long): then they are only noted, with their line, and pass together before anything but plain
   device code runs again.

   A traced function takes three times as long, and most lines that run are not the device's: those of the fakes and of
   what draws for the display. In CPython 3.11 the meter therefore stands where functions are begun (PEP 523) and has
   those of the device traced alone; elsewhere all are. And most code of the device has marks (`line_marks.py`), which tell
   of a line where the tracer would: it is not traced at all. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <pythread.h>
#if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030C0000 && __has_include(<internal/pycore_frame.h>)
#define CHOOSES 1
#define Py_BUILD_CORE 1
#undef _PyGC_FINALIZED /* the inner headers have it as well */
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#undef Py_BUILD_CORE
#else
#define CHOOSES 0
#endif

typedef struct {
    PyObject *code;  /* owned; NULL: a free slot */
    long long ns;    /* of one line; 0: not code of the device */
    long long bytes; /* of one frame, as pystack_bytes() estimates */
    int marked;      /* it tells of its lines by itself */
    int of_device;
    int is_alone; /* nothing of the device runs until it is over */
    long long most_frames, most_bytes; /* of the chains that led to it, for `watch` */
} Known;

typedef struct {
    PyObject_HEAD
    int line;
} Mark;

typedef struct {
    PyObject *code; /* owned */
    int line;
    long long us;
} Spent;

#define MOST_SPENT 64

/* Where to see that nothing is due, without asking: attributes of the device, the clock and the wires, and the list in
   which the probe keeps where time went. All owned; NULL until `look_at`. */
typedef struct {
    PyObject *device, *clock, *hardware, *log, *spend;
    Py_ssize_t most_logged, most_garbage;
} World;

typedef struct {
    PyObject_HEAD
    PyObject *describe, *flush, *settle, *room, *place;
    long long flush_ns, owed_ns;
    long long waiting_us; /* noted and not passed yet */
    long long room_us;    /* what may still be noted; -1: nobody was asked since other code ran */
    long long line_ns;    /* of the marked function that runs; 0: another one runs */
    int alone;            /* one runs within which nothing of the device does */
    long long frames, bytes;
    long long peak_frames, peak_bytes;
    PyObject *peak_code; /* owned; NULL: peak_place tells */
    int peak_line;
    PyObject *peak_place;
    PyObject *watch; /* owned; NULL: nobody watches */
    Known *known;
    size_t size, used;
    Known *last;
    Spent spent[MOST_SPENT];
    int spents;
    World world;
} Meter;

static size_t slot_of(const Meter *self, const Known *known, size_t size, PyObject *code)
{
    size_t slot = ((size_t)code >> 4) * 0x9E3779B97F4A7C15u >> 20 & (size - 1);
    (void)self;
    while (known[slot].code != NULL && known[slot].code != code)
        slot = (slot + 1) & (size - 1);
    return slot;
}

static int grow(Meter *self)
{
    size_t size = self->size ? self->size * 2 : 1024;
    Known *known = PyMem_Calloc(size, sizeof(Known));
    if (known == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t slot = 0; slot < self->size; slot++)
        if (self->known[slot].code != NULL)
            known[slot_of(self, known, size, self->known[slot].code)] = self->known[slot];
    PyMem_Free(self->known);
    self->known = known;
    self->size = size;
    self->last = NULL;
    return 0;
}

/* Whose functions are chosen as they begin, and whose marks count, in one thread; NULL: nobody's. */
static Meter *chosen;
#if CHOOSES
static PyThreadState *chosen_in;
#endif

static Meter *choose(Meter *next);

/* What is known of the code; NULL with an exception. The code is a borrowed reference, kept alive by its frame. */
static Known *about(Meter *self, PyObject *code)
{
    if (self->last != NULL && self->last->code == code)
        return self->last;
    Known *found = &self->known[slot_of(self, self->known, self->size, code)];
    if (found->code == NULL) {
        long long ns, bytes;
        int marked, of_device, is_alone;
        Meter *before = choose(NULL);
        PyObject *told = PyObject_CallOneArg(self->describe, code);
        choose(before);
        if (told == NULL)
            return NULL;
        int good = PyArg_ParseTuple(told, "LLppp", &ns, &bytes, &marked, &of_device, &is_alone);
        Py_DECREF(told);
        if (!good || (self->used * 2 >= self->size && grow(self) < 0))
            return NULL;
        found = &self->known[slot_of(self, self->known, self->size, code)];
        found->code = Py_NewRef(code);
        found->ns = ns;
        found->bytes = bytes;
        found->marked = marked;
        found->of_device = of_device;
        found->is_alone = is_alone;
        found->most_frames = found->most_bytes = 0;
        self->used++;
    }
    return self->last = found;
}

/* The names of what is looked at. */
static PyObject *now_us, *hooks, *queue, *advancing, *ending, *pending_error, *pauses, *enforces, *stop_at, *next_check,
    *counted, *displayio, *displays, *auto_refresh, *is_free, *charges, *passing, *thread_id;

static const struct {
    PyObject **name;
    const char *text;
} names[] = {
    {&now_us, "now_us"},
    {&hooks, "hooks"},
    {&queue, "_queue"},
    {&advancing, "_advancing"},
    {&ending, "_ending"},
    {&pending_error, "_pending_error"},
    {&pauses, "gc_pauses"},
    {&enforces, "enforce_pystack"},
    {&stop_at, "_stop_at_us"},
    {&next_check, "_next_check_us"},
    {&counted, "counted_pins"},
    {&displayio, "_displayio"},
    {&displays, "displays"},
    {&auto_refresh, "_auto_refresh"},
    {&is_free, "_free"},
    {&charges, "_charge_lines"},
    {&passing, "_passing"},
    {&thread_id, "_thread_id"},
};

/* Whatever cannot be made out is left to those who are asked in Python. */
static int is(PyObject *of, PyObject *name, PyObject *value)
{
    return PyDict_GetItemWithError(of, name) == value;
}

static int is_empty(PyObject *of, PyObject *name)
{
    PyObject *list = PyDict_GetItemWithError(of, name);
    return list != NULL && PyList_CheckExact(list) && PyList_GET_SIZE(list) == 0;
}

/* -1: not a number that fits. */
static long long number(PyObject *object)
{
    int overflow = 1;
    long long value = object != NULL && PyLong_CheckExact(object) ? PyLong_AsLongLongAndOverflow(object, &overflow) : -1;
    return overflow ? -1 : value;
}

/* The clock's next instant at which something is due; -1: somebody has to be told of all time. */
static long long next_due(const World *world)
{
    if (!is_empty(world->clock, hooks) || !is(world->clock, advancing, Py_False))
        return -1;
    PyObject *list = PyDict_GetItemWithError(world->clock, queue);
    if (list == NULL || !PyList_CheckExact(list))
        return -1;
    if (PyList_GET_SIZE(list) == 0)
        return LLONG_MAX;
    PyObject *first = PyList_GET_ITEM(list, 0);
    return PyTuple_CheckExact(first) && PyTuple_GET_SIZE(first) ? number(PyTuple_GET_ITEM(first, 0)) : -1;
}

/* Whether the firmware refreshes a display while Python does something else; 1 if in doubt. */
static int refreshes(const World *world)
{
    PyObject *module = PyDict_GetItemWithError(world->device, displayio);
    if (module == Py_None)
        return 0;
    if (module == NULL || !PyModule_Check(module))
        return 1;
    PyObject *list = PyDict_GetItemWithError(PyModule_GetDict(module), displays);
    if (list == NULL || !PyList_CheckExact(list))
        return 1;
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(list); index++) {
        PyObject *on = PyObject_GetAttr(PyList_GET_ITEM(list, index), auto_refresh);
        if (on != Py_False) {
            PyErr_Clear();
            Py_XDECREF(on);
            return 1;
        }
        Py_DECREF(on);
    }
    return 0;
}

/* As Device._room_us: the instant before which nobody has to be told of the time; -1: somebody always has. */
static long long quiet_until(const World *world)
{
    PyObject *device = world->device;
    if (!is(device, ending, Py_None) || !is(device, pending_error, Py_None) || !is(device, enforces, Py_False)
        || !is_empty(device, pauses) || !is_empty(world->hardware, counted) || refreshes(world))
        return -1;
    long long until = next_due(world);
    long long stop = number(PyDict_GetItemWithError(device, stop_at));
    long long check = number(PyDict_GetItemWithError(device, next_check));
    return Py_MIN(until, Py_MIN(stop, check));
}

static int set_now(const World *world, long long us)
{
    PyObject *value = PyLong_FromLongLong(us);
    int done = value == NULL ? -1 : PyDict_SetItem(world->clock, now_us, value);
    Py_XDECREF(value);
    return done;
}

/* As Probe.spent: (code or None, line or ~place in the code, us) behind the others; the reference to the code is taken over. */
static int log_place(const World *world, PyObject *code, int line, long long us)
{
    PyObject *line_number = PyLong_FromLong(line), *time = PyLong_FromLongLong(us);
    PyObject *place = line_number != NULL && time != NULL ? PyTuple_New(3) : NULL;
    if (place == NULL) {
        Py_DECREF(code);
        Py_XDECREF(line_number);
        Py_XDECREF(time);
        return -1;
    }
    PyTuple_SET_ITEM(place, 0, code);
    PyTuple_SET_ITEM(place, 1, line_number);
    PyTuple_SET_ITEM(place, 2, time);
    int done = PyList_Append(world->log, place);
    Py_DECREF(place);
    return done;
}

static int has_room_to_log(const World *world)
{
    return PyList_GET_SIZE(world->log) + MOST_SPENT < world->most_logged;
}

/* What waits has passed by `us`, the time that it is. */
static int passed(Meter *self, long long us)
{
    int failed = 0;
    for (int index = 0; index < self->spents; index++) {
        Spent *spent = &self->spent[index];
        failed |= log_place(&self->world, spent->code, spent->line, spent->us);
        spent->code = NULL;
    }
    self->spents = 0;
    self->waiting_us = 0;
    return failed | set_now(&self->world, us);
}

/* Let pass what waits: settle(us, [(code, line, us), ...]), as Device._lines_passed. */
static int settle(Meter *self)
{
    if (!self->waiting_us && !self->spents)
        return 0;
    if (self->world.device != NULL && has_room_to_log(&self->world)) {
        long long now = number(PyDict_GetItemWithError(self->world.clock, now_us));
        if (now >= 0 && now + self->waiting_us < next_due(&self->world))
            return passed(self, now + self->waiting_us);
    }
    PyObject *places = PyList_New(self->spents);
    if (places == NULL)
        return -1;
    for (int index = 0; index < self->spents; index++) {
        Spent *spent = &self->spent[index];
        PyObject *item = Py_BuildValue("(NiL)", spent->code, spent->line, spent->us);
        spent->code = NULL;
        if (item == NULL)
            item = Py_NewRef(Py_None);
        PyList_SET_ITEM(places, index, item);
    }
    long long us = self->waiting_us;
    self->spents = 0;
    self->waiting_us = 0;
    Meter *before = choose(NULL); /* the world runs as it does without a meter */
    PyObject *done = PyObject_CallFunction(self->settle, "LN", us, places);
    choose(before);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int note(Meter *self, PyObject *code, int line, long long us)
{
    Spent *last = self->spents ? &self->spent[self->spents - 1] : NULL;
    if (last == NULL || last->code != code || last->line != line) {
        if (self->spents == MOST_SPENT && settle(self) < 0)
            return -1;
        last = &self->spent[self->spents++];
        last->code = Py_NewRef(code);
        last->line = line;
        last->us = 0;
    }
    last->us += us;
    self->waiting_us += us;
    self->room_us -= us;
    return 0;
}

/* Enough is owed: note it when there is room, otherwise let it pass now. */
static int pay(Meter *self, PyObject *code, int line)
{
    long long us = self->owed_ns / 1000;
    self->owed_ns %= 1000;
    if (self->room_us < 0 && self->world.device != NULL) {
        long long now = number(PyDict_GetItemWithError(self->world.clock, now_us));
        long long until = quiet_until(&self->world);
        self->room_us = now >= 0 && until > now ? until - now : 0;
    }
    if (self->room_us < 0) {
        Meter *before = choose(NULL);
        PyObject *room = PyObject_CallNoArgs(self->room);
        choose(before);
        if (room == NULL)
            return -1;
        self->room_us = PyLong_AsLongLong(room);
        Py_DECREF(room);
        if (self->room_us == -1 && PyErr_Occurred())
            return -1;
    }
    if (us < self->room_us)
        return note(self, code, line, us);
    if (settle(self) < 0)
        return -1;
    self->room_us = -1;
    Meter *before = choose(NULL);
    PyObject *error = PyObject_CallFunction(self->flush, "LO", us, (PyObject *)PyEval_GetFrame());
    choose(before);
    if (error == NULL)
        return -1;
    /* Raising here would end the tracing. Thrown like this, it arrives in the device code. */
    if (error != Py_None)
        PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), error);
    Py_DECREF(error);
    return 0;
}

/* A frame of known code begins; whether it has to be told where. */
static int is_deeper(Meter *self, const Known *known)
{
    self->frames++;
    self->bytes += known->bytes;
    return self->bytes > self->peak_bytes
           || (self->watch != NULL && (self->frames > known->most_frames || self->bytes > known->most_bytes));
}

/* It is, at the line, called from `caller` (borrowed, or NULL). */
static int deeper(Meter *self, Known *known, int line, PyFrameObject *caller)
{
    PyObject *code = known->code;
    if (self->bytes > self->peak_bytes) {
        self->peak_frames = self->frames;
        self->peak_bytes = self->bytes;
        self->peak_line = line;
        Py_XSETREF(self->peak_code, Py_NewRef(code));
    }
    if (self->watch == NULL || (self->frames <= known->most_frames && self->bytes <= known->most_bytes))
        return 0;
    known->most_frames = Py_MAX(known->most_frames, self->frames);
    known->most_bytes = Py_MAX(known->most_bytes, self->bytes);
    Meter *before = choose(NULL);
    PyObject *told = PyObject_CallFunction(self->watch, "OiO", code, line, caller != NULL ? (PyObject *)caller : Py_None);
    choose(before);
    Py_XDECREF(told);
    return told == NULL ? -1 : 0;
}

static int trace(PyObject *object, PyFrameObject *frame, int what, PyObject *argument)
{
    Meter *self = (Meter *)object;
    (void)argument;
    if (what != PyTrace_LINE && what != PyTrace_CALL && what != PyTrace_RETURN)
        return 0;
    PyObject *code = (PyObject *)PyFrame_GetCode(frame);
    Py_DECREF(code); /* the frame has it */
    Known *known = about(self, code);
    if (known == NULL)
        return -1;
    if (!known->ns) {
        /* Other code reads the clock and may change what is due. */
        if (what == PyTrace_RETURN)
            self->room_us = -1;
        return settle(self);
    }
    if (what == PyTrace_LINE) {
        self->owed_ns += known->ns;
        return self->owed_ns >= self->flush_ns ? pay(self, code, PyFrame_GetLineNumber(frame)) : 0;
    }
    if (what == PyTrace_RETURN) {
        self->frames--;
        self->bytes -= known->bytes;
        return 0;
    }
    if (!is_deeper(self, known))
        return 0;
    PyFrameObject *caller = PyFrame_GetBack(frame);
    int done = deeper(self, known, PyFrame_GetLineNumber(frame), caller);
    Py_XDECREF(caller);
    return done;
}

#if CHOOSES
/* Where the tracer hears of the begin of a function, or of a generator that goes on. */
static int line_of_begin(const _PyInterpreterFrame *frame)
{
    int at = _PyInterpreterFrame_LASTI(frame);
    if (at < frame->f_code->_co_firsttraceable)
        at = frame->f_code->_co_firsttraceable;
    return PyCode_Addr2Line(frame->f_code, at * (int)sizeof(_Py_CODEUNIT));
}

static void have_traced(PyThreadState *thread, Meter *self)
{
    if ((thread->c_tracefunc == trace) != (self != NULL))
        PyEval_SetTrace(self != NULL ? trace : NULL, (PyObject *)self);
}

static PyObject *begun(PyThreadState *thread, _PyInterpreterFrame *frame, int throwing);

static void have_begun_asked(PyThreadState *thread, int on)
{
    _PyInterpreterState_SetEvalFrameFunc(thread->interp, on ? begun : _PyEval_EvalFrameDefault);
}

/* What is called meanwhile is not looked at, and CPython need not make a call in C of each. A mark that is met all the same
   says so. */
static PyObject *run_alone(Meter *self, PyThreadState *thread, _PyInterpreterFrame *frame)
{
    have_begun_asked(thread, 0);
    self->alone = 1;
    PyObject *result = _PyEval_EvalFrameDefault(thread, frame, 0);
    self->alone = 0;
    if (chosen != NULL)
        have_begun_asked(thread, 1);
    return result;
}

/* Most functions, where nobody traces. */
static PyObject *begun_marked(Meter *self, PyThreadState *thread, _PyInterpreterFrame *frame, Known *found)
{
    /* What is known may move meanwhile. */
    long long ns_before = self->line_ns, ns = found->ns, bytes = found->bytes;
    /* A call of a generator makes one, and it does not begin yet. */
    int counts = !(frame->f_code->co_flags & CO_GENERATOR) || frame->owner == FRAME_OWNED_BY_GENERATOR;
    int failed = counts && is_deeper(self, found) && deeper(self, found, line_of_begin(frame), PyEval_GetFrame()) < 0;
    self->line_ns = ns;
    PyObject *result = _PyEval_EvalFrameDefault(thread, frame, failed);
    self->line_ns = ns_before;
    if (counts) {
        self->frames--;
        self->bytes -= bytes;
    }
    if (ns_before || chosen != self)
        return result;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (settle(self) == 0)
        PyErr_Restore(type, value, traceback);
    else
        Py_CLEAR(result);
    return result;
}

static PyObject *begun(PyThreadState *thread, _PyInterpreterFrame *frame, int throwing)
{
    /* With an exception thrown into the thread the function ends as it begins. */
    if (chosen == NULL || thread != chosen_in || thread->async_exc != NULL)
        return _PyEval_EvalFrameDefault(thread, frame, throwing);
    Meter *self = chosen;
    int traced_before = thread->c_tracefunc == trace;
    long long ns_before = self->line_ns;
    /* A tracer hears of exceptions even where it is not to be asked, and is asked from then on. */
    have_traced(thread, NULL);
    PyObject *type = NULL, *value = NULL, *traceback = NULL;
    if (throwing)
        PyErr_Fetch(&type, &value, &traceback);
    Known *found = about(self, (PyObject *)frame->f_code);
    Known known = {0};
    int failed = found == NULL;
    if (!failed && !throwing && !traced_before && found->marked && found->ns)
        return begun_marked(self, thread, frame, found);
    if (!failed)
        known = *found;
    int counts = known.marked && (!(frame->f_code->co_flags & CO_GENERATOR) || frame->owner == FRAME_OWNED_BY_GENERATOR);
    if (!known.ns) {
        /* Other code reads the clock and may change what is due. */
        failed = failed || settle(self) < 0;
    } else if (!known.marked)
        have_traced(thread, self);
    else if (counts && is_deeper(self, found))
        failed = deeper(self, found, line_of_begin(frame), PyEval_GetFrame()) < 0;
    if (failed)
        throwing = 1;
    else if (throwing)
        PyErr_Restore(type, value, traceback);
    self->line_ns = known.marked ? known.ns : 0;
    int alone = known.is_alone && !throwing;
    PyObject *result = alone ? run_alone(self, thread, frame) : _PyEval_EvalFrameDefault(thread, frame, throwing);
    self->line_ns = ns_before;
    if (counts) {
        self->frames--;
        self->bytes -= known.bytes;
    }
    if (!known.ns)
        self->room_us = -1;
    if (!known.ns && !traced_before)
        return result;
    PyErr_Fetch(&type, &value, &traceback);
    have_traced(thread, NULL);
    int settled = 0;
    if (known.ns && !ns_before && !traced_before && chosen == self)
        settled = settle(self);
    if (traced_before && chosen == self)
        have_traced(thread, self);
    if (settled == 0)
        PyErr_Restore(type, value, traceback);
    else
        Py_CLEAR(result);
    return result;
}

static Meter *choose(Meter *next)
{
    Meter *before = chosen;
    chosen = next;
    if (next != NULL) {
        chosen_in = PyThreadState_Get();
        if (before == NULL)
            next->alone = 0; /* functions are looked at from here on */
    }
    if ((next != NULL) != (before != NULL))
        _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), next != NULL ? begun : _PyEval_EvalFrameDefault);
    return before;
}

/* `+mark`: a line of the function that runs. */
static PyObject *line_begins(PyObject *mark)
{
    Meter *self = chosen;
    if (self != NULL) {
        PyThreadState *thread = PyThreadState_Get();
        if (self->alone && thread == chosen_in) {
            PyErr_SetString(PyExc_RuntimeError, "the device's code was called from where its lines are not counted");
            return NULL;
        }
        if (thread == chosen_in && (self->owed_ns += self->line_ns) >= self->flush_ns
            && pay(self, (PyObject *)thread->cframe->current_frame->f_code, ((Mark *)mark)->line) < 0)
            return NULL;
    }
    return Py_NewRef(mark);
}

/* The line of the device that called this, outwards from the fake: as Probe.spent. */
static int log_caller(Meter *self, PyThreadState *thread, long long us)
{
    for (_PyInterpreterFrame *frame = thread->cframe->current_frame; frame != NULL; frame = frame->previous) {
        Known *known = about(self, (PyObject *)frame->f_code);
        if (known == NULL)
            return -1;
        if (known->of_device) {
            /* Which line that is takes longer to find, and is hardly ever asked. */
            int at = _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
            return log_place(&self->world, Py_NewRef(frame->f_code), ~at, us);
        }
    }
    return log_place(&self->world, Py_NewRef(Py_None), 0, us);
}

/* Whether time may be spent here and now: by the program, in its thread. */
static int may_spend(const Meter *self, PyThreadState *thread)
{
    PyObject *device = self->world.device;
    if (!is(device, is_free, Py_False) || !is(device, passing, Py_False))
        return 0;
    if (chosen != NULL)
        return chosen == self && thread == chosen_in;
    return is(device, charges, Py_False)
           && number(PyDict_GetItemWithError(device, thread_id)) == (long long)PyThread_get_thread_ident();
}

/* Device.spend, where nothing is due meanwhile; else that is asked. */
static PyObject *spend(PyObject *object, PyObject *argument)
{
    Meter *self = (Meter *)object;
    World *world = &self->world;
    PyThreadState *thread = PyThreadState_Get();
    if (world->device == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "look_at was not called");
        return NULL;
    }
    long long us = number(argument), now = number(PyDict_GetItemWithError(world->clock, now_us));
    if (us >= 0 && now >= 0 && may_spend(self, thread) && has_room_to_log(world)
        && thread->interp->gc.generations[0].count <= world->most_garbage) {
        us += self->owed_ns / 1000;
        if (now + self->waiting_us + us < quiet_until(world)) {
            self->owed_ns %= 1000;
            self->room_us = -1;
            if (passed(self, now + self->waiting_us + us) < 0 || log_caller(self, thread, us) < 0)
                return NULL;
            Py_RETURN_NONE;
        }
    }
    return PyObject_CallOneArg(world->spend, argument);
}

static PyObject *look_at(PyObject *object, PyObject *arguments)
{
    World *world = &((Meter *)object)->world;
    if (world->device != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "looks at a device already");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "O!O!O!O!Onn", &PyDict_Type, &world->device, &PyDict_Type, &world->clock, &PyDict_Type,
                          &world->hardware, &PyList_Type, &world->log, &world->spend, &world->most_logged,
                          &world->most_garbage)) {
        *world = (World){0};
        return NULL;
    }
    Py_INCREF(world->device);
    Py_INCREF(world->clock);
    Py_INCREF(world->hardware);
    Py_INCREF(world->log);
    Py_INCREF(world->spend);
    Py_RETURN_NONE;
}
#else
static Meter *choose(Meter *next)
{
    Meter *before = chosen;
    chosen = next;
    return before;
}

static PyObject *line_begins(PyObject *mark)
{
    return Py_NewRef(mark);
}
#endif

static PyObject *resume(PyObject *object, PyObject *unused)
{
    Meter *self = (Meter *)object;
    (void)unused;
    self->room_us = -1;
    if (!CHOOSES)
        PyEval_SetTrace(trace, object);
    choose(self);
    Py_RETURN_NONE;
}

static PyObject *pause_meter(PyObject *object, PyObject *unused)
{
    (void)object;
    (void)unused;
    choose(NULL);
    if (!CHOOSES)
        PyEval_SetTrace(NULL, NULL);
    Py_RETURN_NONE;
}

static PyObject *take_us(PyObject *object, PyObject *unused)
{
    Meter *self = (Meter *)object;
    (void)unused;
    if (settle(self) < 0)
        return NULL;
    long long us = self->owed_ns / 1000;
    self->owed_ns %= 1000;
    return PyLong_FromLongLong(us);
}

static void forget_spent(Meter *self)
{
    while (self->spents)
        Py_CLEAR(self->spent[--self->spents].code);
    self->waiting_us = 0;
}

static PyObject *reset(PyObject *object, PyObject *unused)
{
    Meter *self = (Meter *)object;
    (void)unused;
    forget_spent(self);
    self->owed_ns = self->line_ns = self->frames = self->bytes = 0;
    Py_RETURN_NONE;
}

static PyObject *get_stack_peak(PyObject *object, void *unused)
{
    Meter *self = (Meter *)object;
    (void)unused;
    PyObject *place = self->peak_code == NULL
                          ? Py_NewRef(self->peak_place)
                          : PyObject_CallFunction(self->place, "Oi", self->peak_code, self->peak_line);
    return place == NULL ? NULL : Py_BuildValue("(LLN)", self->peak_frames, self->peak_bytes, place);
}

static int set_stack_peak(PyObject *object, PyObject *value, void *unused)
{
    Meter *self = (Meter *)object;
    long long frames, bytes;
    PyObject *place;
    (void)unused;
    if (value == NULL || !PyArg_ParseTuple(value, "LLO", &frames, &bytes, &place))
        return -1;
    self->peak_frames = frames;
    self->peak_bytes = bytes;
    Py_CLEAR(self->peak_code);
    Py_SETREF(self->peak_place, Py_NewRef(place));
    return 0;
}

static int set_watch(PyObject *object, PyObject *value, void *unused)
{
    (void)unused;
    Py_XSETREF(((Meter *)object)->watch, Py_XNewRef(value));
    return 0;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Meter *self = (Meter *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->describe);
    Py_VISIT(self->flush);
    Py_VISIT(self->settle);
    Py_VISIT(self->room);
    Py_VISIT(self->place);
    Py_VISIT(self->peak_code);
    Py_VISIT(self->peak_place);
    Py_VISIT(self->watch);
    Py_VISIT(self->world.device);
    Py_VISIT(self->world.clock);
    Py_VISIT(self->world.hardware);
    Py_VISIT(self->world.log);
    Py_VISIT(self->world.spend);
    return 0;
}

static int clear(PyObject *object)
{
    Meter *self = (Meter *)object;
    Py_CLEAR(self->describe);
    Py_CLEAR(self->flush);
    Py_CLEAR(self->settle);
    Py_CLEAR(self->room);
    Py_CLEAR(self->place);
    Py_CLEAR(self->peak_code);
    Py_CLEAR(self->peak_place);
    Py_CLEAR(self->watch);
    Py_CLEAR(self->world.device);
    Py_CLEAR(self->world.clock);
    Py_CLEAR(self->world.hardware);
    Py_CLEAR(self->world.log);
    Py_CLEAR(self->world.spend);
    return 0;
}

static void dealloc(PyObject *object)
{
    Meter *self = (Meter *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    forget_spent(self);
    for (size_t slot = 0; slot < self->size; slot++)
        Py_XDECREF(self->known[slot].code);
    PyMem_Free(self->known);
    type->tp_free(object);
    Py_DECREF(type);
}

static int init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    Meter *self = (Meter *)object;
    long long flush_us;
    (void)keywords;
    if (self->known != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "made twice");
        return -1;
    }
    if (!PyArg_ParseTuple(arguments, "OOOOOL", &self->describe, &self->flush, &self->settle, &self->room, &self->place,
                          &flush_us)) {
        self->describe = self->flush = self->settle = self->room = self->place = NULL;
        return -1;
    }
    Py_INCREF(self->describe);
    Py_INCREF(self->flush);
    Py_INCREF(self->settle);
    Py_INCREF(self->room);
    Py_INCREF(self->place);
    self->flush_ns = flush_us * 1000;
    self->room_us = -1;
    self->peak_place = PyUnicode_FromString("");
    return self->peak_place == NULL ? -1 : grow(self);
}

static PyMethodDef methods[] = {
    {"resume", resume, METH_NOARGS, "Count from here on, in this thread."},
    {"pause", pause_meter, METH_NOARGS, "Whatever runs in this thread costs nothing until `resume`."},
    {"take_us", take_us, METH_NOARGS, "Whole microseconds owed since the last call."},
    {"reset", reset, METH_NOARGS, "Owe nothing."},
#if CHOOSES
    {"look_at", look_at, METH_VARARGS, "look_at(device, clock, hardware, log, spend, most logged, most garbage): attributes."},
    {"spend", spend, METH_O, "Device.spend, which it takes the place of."},
#endif
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"stack_peak", get_stack_peak, set_stack_peak, "As cost.Meter has it.", NULL},
    {"watch", NULL, set_watch, "watch(code, line, caller's frame) hears of each chain deeper than any before to that code.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Meter(describe, flush, settle, room, place, flush_us)"},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_methods, methods},
    {Py_tp_getset, getset},
    {0, NULL},
};

static int init_mark(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    (void)keywords;
    return PyArg_ParseTuple(arguments, "i", &((Mark *)object)->line) ? 0 : -1;
}

static PyType_Slot mark_slots[] = {
    {Py_tp_doc, "Mark(line): `+mark` in code of the device says that the line begins."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, init_mark},
    {Py_nb_positive, line_begins},
    {0, NULL},
};

static PyType_Spec mark_spec = {
    .name = "line_meter_c.Mark",
    .basicsize = sizeof(Mark),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = mark_slots,
};

static PyType_Spec spec = {
    .name = "line_meter_c.Meter",
    .basicsize = sizeof(Meter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "line_meter_c", .m_size = -1};

PyMODINIT_FUNC PyInit_line_meter_c(void)
{
    for (size_t index = 0; index < Py_ARRAY_LENGTH(names); index++)
        if ((*names[index].name = PyUnicode_InternFromString(names[index].text)) == NULL)
            return NULL;
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made == NULL ? NULL : PyType_FromSpec(&spec);
    PyObject *mark = type == NULL ? NULL : PyType_FromSpec(&mark_spec);
    if (mark == NULL || PyModule_AddObjectRef(made, "Meter", type) < 0
        || (CHOOSES && PyModule_AddObjectRef(made, "Mark", mark) < 0))
        Py_CLEAR(made);
    Py_XDECREF(type);
    Py_XDECREF(mark);
    return made;
}
