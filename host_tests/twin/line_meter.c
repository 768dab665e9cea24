/* SPDX-FileCopyrightText: 2026 socbox contributors
   SPDX-License-Identifier: MIT

   cost.Meter in C: the same lines, the same times, the same instants, a tenth of the work. `line_meter.py` builds it.

   The tracer hears each line of the program. A line of device code is owed as long as the line costs; whenever
   `flush_ns` are owed, the whole microseconds of it have to pass. Mostly nothing is due in the world meanwhile
   (`room()` tells how long): then they are only noted, with their line, and pass together before anything but plain
   device code runs again.

   A traced function takes three times as long, and most lines that run are not the device's: those of the fakes and of
   what draws for the display. In CPython 3.11 the meter therefore stands where functions are begun (PEP 523) and has
   those of the device traced alone; elsewhere all are. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <pythread.h>
#if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030C0000
#define CHOOSES 1
#define Py_BUILD_CORE 1
#include <internal/pycore_frame.h>
#undef Py_BUILD_CORE
#else
#define CHOOSES 0
#endif

typedef struct {
    PyObject *code;  /* owned; NULL: a free slot */
    long long ns;    /* of one line; 0: not code of the device */
    long long bytes; /* of one frame, as pystack_bytes() estimates */
} Known;

typedef struct {
    PyObject *code; /* owned */
    int line;
    long long us;
} Spent;

#define MOST_SPENT 64

typedef struct {
    PyObject_HEAD
    PyObject *describe, *flush, *settle, *room, *place;
    long long flush_ns, owed_ns;
    long long waiting_us; /* noted and not passed yet */
    long long room_us;    /* what may still be noted; -1: nobody was asked since other code ran */
    long long frames, bytes;
    PyObject *stack_peak;
    long long peak_bytes;
    Known *known;
    size_t size, used;
    Known *last;
    Spent spent[MOST_SPENT];
    int spents;
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

/* What is known of the code; NULL with an exception. The code is a borrowed reference, kept alive by its frame. */
static Known *about(Meter *self, PyObject *code)
{
    if (self->last != NULL && self->last->code == code)
        return self->last;
    Known *found = &self->known[slot_of(self, self->known, self->size, code)];
    if (found->code == NULL) {
        long long ns, bytes;
        PyObject *told = PyObject_CallOneArg(self->describe, code);
        if (told == NULL)
            return NULL;
        int good = PyArg_ParseTuple(told, "LL", &ns, &bytes);
        Py_DECREF(told);
        if (!good || (self->used * 2 >= self->size && grow(self) < 0))
            return NULL;
        found = &self->known[slot_of(self, self->known, self->size, code)];
        found->code = Py_NewRef(code);
        found->ns = ns;
        found->bytes = bytes;
        self->used++;
    }
    return self->last = found;
}

static void choose(int on);

/* Let pass what waits: settle(us, [(code, line, us), ...]). */
static int settle(Meter *self)
{
    if (!self->waiting_us && !self->spents)
        return 0;
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
    PyObject *done = PyObject_CallFunction(self->settle, "LN", us, places);
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
static int pay(Meter *self, PyFrameObject *frame, PyObject *code)
{
    long long us = self->owed_ns / 1000;
    self->owed_ns %= 1000;
    if (self->room_us < 0) {
        PyObject *room = PyObject_CallNoArgs(self->room);
        if (room == NULL)
            return -1;
        self->room_us = PyLong_AsLongLong(room);
        Py_DECREF(room);
        if (self->room_us == -1 && PyErr_Occurred())
            return -1;
    }
    if (us < self->room_us)
        return note(self, code, PyFrame_GetLineNumber(frame), us);
    if (settle(self) < 0)
        return -1;
    self->room_us = -1;
    choose(0); /* the world runs as it does without a meter */
    PyObject *error = PyObject_CallFunction(self->flush, "LO", us, frame);
    choose(1);
    if (error == NULL)
        return -1;
    /* Raising here would end the tracing. Thrown like this, it arrives in the device code. */
    if (error != Py_None)
        PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), error);
    Py_DECREF(error);
    return 0;
}

static int deepest(Meter *self, PyFrameObject *frame)
{
    PyObject *place = PyObject_CallOneArg(self->place, (PyObject *)frame);
    PyObject *peak = place == NULL ? NULL : Py_BuildValue("(LLN)", self->frames, self->bytes, place);
    if (peak == NULL)
        return -1;
    Py_SETREF(self->stack_peak, peak);
    self->peak_bytes = self->bytes;
    return 0;
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
        return self->owed_ns >= self->flush_ns ? pay(self, frame, code) : 0;
    }
    if (what == PyTrace_RETURN) {
        self->frames--;
        self->bytes -= known->bytes;
        return 0;
    }
    self->frames++;
    self->bytes += known->bytes;
    return self->bytes > self->peak_bytes ? deepest(self, frame) : 0;
}

#if CHOOSES
static PyObject *begun(PyThreadState *thread, _PyInterpreterFrame *frame, int throwing)
{
    if (thread->c_tracefunc != trace || thread->tracing)
        return _PyEval_EvalFrameDefault(thread, frame, throwing);
    Meter *self = (Meter *)thread->c_traceobj;
    uint8_t before = thread->cframe->use_tracing;
    Known *known = about(self, (PyObject *)frame->f_code);
    int of_device = known != NULL && known->ns;
    /* Other code reads the clock and may change what is due. */
    if (known == NULL || (!of_device && settle(self) < 0))
        throwing = 1;
    thread->cframe->use_tracing = of_device ? 255 : 0;
    PyObject *result = _PyEval_EvalFrameDefault(thread, frame, throwing);
    thread->cframe->use_tracing = before;
    if (!of_device)
        self->room_us = -1;
    else if (!before && thread->c_tracefunc == trace && result != NULL && settle(self) < 0)
        Py_CLEAR(result);
    return result;
}

static void choose(int on)
{
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), on ? begun : _PyEval_EvalFrameDefault);
}

/* Whether the function that runs was begun by the device, with whatever it called since in the same loop of CPython. */
static int begun_by_device(Meter *self, PyThreadState *thread)
{
    _PyInterpreterFrame *frame = thread->cframe->current_frame;
    while (frame != NULL && !frame->is_entry)
        frame = frame->previous;
    Known *known = frame == NULL ? NULL : about(self, (PyObject *)frame->f_code);
    return known != NULL && known->ns;
}
#else
static void choose(int on)
{
    (void)on;
}
#endif

static PyObject *resume(PyObject *object, PyObject *unused)
{
    Meter *self = (Meter *)object;
    (void)unused;
    self->room_us = -1;
#if CHOOSES
    PyThreadState *thread = PyThreadState_Get();
    if (thread->c_tracefunc != trace || thread->c_traceobj != object)
        PyEval_SetTrace(trace, object);
    thread->cframe->use_tracing = begun_by_device(self, thread) ? 255 : 0;
    if (PyErr_Occurred())
        return NULL;
#else
    PyEval_SetTrace(trace, object);
#endif
    choose(1);
    Py_RETURN_NONE;
}

/* Until `resume` nothing is counted: for the time of a call from device code. */
static PyObject *suspend(PyObject *object, PyObject *unused)
{
    (void)object;
    (void)unused;
    choose(0);
#if CHOOSES
    PyThreadState_Get()->cframe->use_tracing = 0;
#else
    PyEval_SetTrace(NULL, NULL);
#endif
    Py_RETURN_NONE;
}

static PyObject *pause_meter(PyObject *object, PyObject *unused)
{
    (void)object;
    (void)unused;
    choose(0);
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
    self->owed_ns = self->frames = self->bytes = 0;
    Py_RETURN_NONE;
}

static PyObject *get_stack_peak(PyObject *object, void *unused)
{
    (void)unused;
    return Py_NewRef(((Meter *)object)->stack_peak);
}

static int set_stack_peak(PyObject *object, PyObject *value, void *unused)
{
    Meter *self = (Meter *)object;
    long long frames, bytes;
    PyObject *place;
    (void)unused;
    if (value == NULL || !PyArg_ParseTuple(value, "LLO", &frames, &bytes, &place))
        return -1;
    Py_SETREF(self->stack_peak, Py_NewRef(value));
    self->peak_bytes = bytes;
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
    Py_VISIT(self->stack_peak);
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
    Py_CLEAR(self->stack_peak);
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
    self->stack_peak = Py_BuildValue("(iis)", 0, 0, "");
    return self->stack_peak == NULL ? -1 : grow(self);
}

static PyMethodDef methods[] = {
    {"resume", resume, METH_NOARGS, "Count from here on, in this thread."},
    {"suspend", suspend, METH_NOARGS, "Whatever runs in this thread costs nothing until `resume`."},
    {"pause", pause_meter, METH_NOARGS, "As `suspend`, and the thread is no longer this meter's."},
    {"take_us", take_us, METH_NOARGS, "Whole microseconds owed since the last call."},
    {"reset", reset, METH_NOARGS, "Owe nothing."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"stack_peak", get_stack_peak, set_stack_peak, "As cost.Meter has it.", NULL},
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

static PyType_Spec spec = {
    .name = "line_meter_c.Meter",
    .basicsize = sizeof(Meter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "line_meter_c", .m_size = -1};

PyMODINIT_FUNC PyInit_line_meter_c(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made == NULL ? NULL : PyType_FromSpec(&spec);
    if (type == NULL || PyModule_AddObjectRef(made, "Meter", type) < 0)
        Py_CLEAR(made);
    Py_XDECREF(type);
    return made;
}
