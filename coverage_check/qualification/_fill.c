/* The filling of templates of fill.py, compiled: the same bytes, sooner. The names here are the same.
 *
 * A number's text is that of Python's repr, or of its %.nf. Most recorded numbers have few decimals, and their digits are
 * found by whole numbers alone; the rest is left to PyOS_double_to_string, by which repr itself is defined.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LONGEST_NUMBER 24 /* of what `short_repr` and `short_fixed` write */
#define MOST_DECIMALS 7

#define AHEAD 2 /* rows */

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

static const int64_t TENS[MOST_DECIMALS + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

typedef struct { /* 8-byte numbers of Python's, n of them */
    Py_buffer buffer;
    Py_ssize_t n;
} Array;

typedef struct { /* what fills a gap: numbers, or codes of texts */
    Array array;
    PyObject *texts; /* a list, borrowed as the arguments hold it; NULL for numbers */
    Py_ssize_t n_texts;
} Column;

typedef struct { /* the bytes of a bytes object, which the arguments hold */
    char *start;
    Py_ssize_t size;
} Piece;

typedef struct { /* one row's text as it grows */
    char *start, *end, *limit;
} Text;

/* Numbers ------------------------------------------------------------------------------------------------------------ */

/* Write n / 10^decimals; `least` of the decimals stay, whatever they are. */
static char *write_decimal(char *to, uint64_t n, int decimals, int least) {
    char digits[LONGEST_NUMBER];
    uint64_t whole = n / (uint64_t)TENS[decimals], fraction = n % (uint64_t)TENS[decimals];
    int k = LONGEST_NUMBER;
    do {
        digits[--k] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole);
    memcpy(to, digits + k, (size_t)(LONGEST_NUMBER - k));
    to += LONGEST_NUMBER - k;
    if (!decimals) return to;
    while (decimals > least && fraction % 10 == 0) fraction /= 10, decimals--;
    *to++ = '.';
    for (int place = decimals; place-- > 0; fraction /= 10) to[place] = (char)('0' + fraction % 10);
    return to + decimals;
}

/* Write a number as repr does, if it is a decimal of at most 15 digits, 7 of them behind the point; else give NULL.
 *
 * n / 1e7 is rounded once, so where it gives the number back, the number is the double nearest to that decimal. No two decimals
 * of up to 15 digits have the same nearest double, so no shorter one has this, and repr, the shortest that has, is this one.
 * Below 1e-4 repr has an exponent; minus zero and what is not finite fail the first comparison. */
static char *short_repr(char *to, double number) {
    double size = fabs(number);
    if (!(size >= 1e-4 && size < 1e8)) {
        if (number != 0 || signbit(number)) return NULL;
        return (char *)memcpy(to, "0.0", 3) + 3;
    }
    int64_t n = llrint(size * 1e7);
    if ((double)n / 1e7 != size) return NULL;
    if (number < 0) *to++ = '-';
    return write_decimal(to, (uint64_t)n, MOST_DECIMALS, 1);
}

/* Write a number with so many decimals, if it is clear which way it is rounded; else give NULL. The product is off by less
 * than 0.01, as it is below 1e14. */
static char *short_fixed(char *to, double number, int decimals) {
    double size = fabs(number);
    if (decimals > MOST_DECIMALS || !(size < 1e7)) return NULL;
    double scaled = size * (double)TENS[decimals];
    int64_t n = llrint(scaled);
    if (fabs(scaled - (double)n) > 0.49) return NULL;
    if (signbit(number)) *to++ = '-';
    return write_decimal(to, (uint64_t)n, decimals, decimals);
}

/* Texts -------------------------------------------------------------------------------------------------------------- */

static int make_room(Text *text, Py_ssize_t size) {
    if (text->limit - text->end >= size) return 0;
    Py_ssize_t used = text->end - text->start, room = 2 * (used + size);
    char *start = PyMem_Realloc(text->start, (size_t)room);
    if (!start) {
        PyErr_NoMemory();
        return -1;
    }
    *text = (Text){start, start + used, start + room};
    return 0;
}

static int add(Text *text, const char *bytes, Py_ssize_t size) {
    if (make_room(text, size) < 0) return -1;
    memcpy(text->end, bytes, (size_t)size);
    text->end += size;
    return 0;
}

static int add_number(Text *text, double number, int decimals) {
    if (make_room(text, LONGEST_NUMBER) < 0) return -1;
    char *end = decimals < 0 ? short_repr(text->end, number) : short_fixed(text->end, number, decimals);
    if (end) {
        text->end = end;
        return 0;
    }
    if (!isfinite(number)) {
        PyErr_SetString(PyExc_ValueError, "a number that is not finite has no text");
        return -1;
    }
    char *written = decimals < 0 ? PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL)
                                 : PyOS_double_to_string(number, 'f', decimals, 0, NULL);
    int failed = !written || add(text, written, (Py_ssize_t)strlen(written)) < 0;
    PyMem_Free(written);
    return failed ? -1 : 0;
}

static inline int add_bytes(Text *text, PyObject *bytes) {
    Piece own;
    return PyBytes_AsStringAndSize(bytes, &own.start, &own.size) < 0 ? -1 : add(text, own.start, own.size);
}

/* Where an element of an array is; NULL if there is none. */
static inline const char *element(const Array *array, int64_t number) {
    if (number < 0 || number >= array->n) return NULL;
    return (const char *)array->buffer.buf + number * array->buffer.strides[0];
}

/* A row's text; NULL if there is none. */
static inline PyObject *text_of(const Column *column, int64_t row) {
    int64_t code = -1;
    const char *at = element(&column->array, row);
    if (at) memcpy(&code, at, 8);
    return code >= 0 && code < column->n_texts ? PyList_GetItem(column->texts, (Py_ssize_t)code) : NULL;
}

static int add_value(Text *text, const Column *column, int64_t row, int decimals) {
    if (column->texts) {
        PyObject *own = text_of(column, row);
        if (own) return add_bytes(text, own);
    } else {
        double number;
        const char *at = element(&column->array, row);
        if (at) return memcpy(&number, at, 8), add_number(text, number, decimals);
    }
    PyErr_SetString(PyExc_IndexError, "a column has no such row");
    return -1;
}

/* The rows of one template lie far apart, so ask for what a later one needs while another is written. */
static void prefetch_row(const Column *columns, Py_ssize_t n, int64_t row) {
    for (Py_ssize_t gap = 0; gap < n; gap++) {
        if (columns[gap].texts)
            PREFETCH(text_of(&columns[gap], row));
        else
            PREFETCH(element(&columns[gap].array, row));
    }
}

/* What Python passes in ---------------------------------------------------------------------------------------------- */

/* Borrow an array of one of some formats of 8 bytes; -1 if it is none. */
static int borrow(PyObject *given, Array *array, const char *formats) {
    Py_buffer *buffer = &array->buffer;
    if (PyObject_GetBuffer(given, buffer, PyBUF_RECORDS_RO) < 0) return -1;
    array->n = buffer->len / 8;
    if (buffer->itemsize == 8 && buffer->ndim == 1 && *buffer->format && strchr(formats, *buffer->format)) return 0;
    PyBuffer_Release(buffer);
    PyErr_SetString(PyExc_TypeError, "a column or the rows are of another kind");
    return -1;
}

/* Take a column: float64[n], or (int64[n], list of bytes). */
static int take(PyObject *given, Column *column) {
    *column = (Column){.texts = NULL};
    if (!PyTuple_Check(given)) return borrow(given, &column->array, "d");
    PyObject *texts = PyTuple_Size(given) == 2 ? PyTuple_GetItem(given, 1) : NULL;
    if (!texts || !PyList_Check(texts)) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "a column of texts is a tuple of codes and a list");
        return -1;
    }
    column->texts = texts;
    column->n_texts = PyList_Size(texts);
    return borrow(PyTuple_GetItem(given, 0), &column->array, "lq");
}

static PyObject *fill_row(Text *text, const Piece *pieces, const Column *columns, Py_ssize_t n, int64_t row, int decimals) {
    text->end = text->start;
    for (Py_ssize_t gap = 0; gap < n; gap++)
        if (add(text, pieces[gap].start, pieces[gap].size) < 0 || add_value(text, &columns[gap], row, decimals) < 0) return NULL;
    if (add(text, pieces[n].start, pieces[n].size) < 0) return NULL;
    return PyBytes_FromStringAndSize(text->start, text->end - text->start);
}

static inline int64_t row_at(const Array *rows, Py_ssize_t i) {
    int64_t row;
    return memcpy(&row, element(rows, i), 8), row;
}

static PyObject *fill_rows(const Piece *pieces, const Column *columns, Py_ssize_t n, const Array *rows, int decimals) {
    Text text = {NULL, NULL, NULL};
    PyObject *filled = make_room(&text, 4096) < 0 ? NULL : PyList_New(rows->n);
    for (Py_ssize_t i = 0; filled && i < rows->n; i++) {
        if (i + AHEAD < rows->n) prefetch_row(columns, n, row_at(rows, i + AHEAD));
        PyObject *one = fill_row(&text, pieces, columns, n, row_at(rows, i), decimals);
        if (one)
            PyList_SetItem(filled, i, one);
        else
            Py_CLEAR(filled);
    }
    PyMem_Free(text.start);
    return filled;
}

static int take_pieces(PyObject *given, Py_ssize_t n, Piece *pieces) {
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(given, i), &pieces[i].start, &pieces[i].size) < 0) return -1;
    return 0;
}

/* (pieces, columns, rows, decimals): as fill.py says. */
static PyObject *fill(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *given_pieces, *given, *given_rows, *filled = NULL;
    Array rows;
    int decimals;
    if (!PyArg_ParseTuple(args, "O!O!Oi", &PyTuple_Type, &given_pieces, &PyTuple_Type, &given, &given_rows, &decimals)) return NULL;
    Py_ssize_t n = PyTuple_Size(given), taken = 0;
    if (PyTuple_Size(given_pieces) != n + 1)
        return PyErr_Format(PyExc_ValueError, "the pieces and the columns do not fit together");
    if (borrow(given_rows, &rows, "lq") < 0) return NULL;
    Column *columns = PyMem_Malloc(sizeof(Column) * (size_t)(n + 1));
    Piece *pieces = PyMem_Malloc(sizeof(Piece) * (size_t)(n + 1));
    if (!columns || !pieces)
        PyErr_NoMemory();
    else if (take_pieces(given_pieces, n + 1, pieces) == 0) {
        while (taken < n && take(PyTuple_GetItem(given, taken), &columns[taken]) == 0) taken++;
        if (taken == n) filled = fill_rows(pieces, columns, n, &rows, decimals);
        while (taken > 0) PyBuffer_Release(&columns[--taken].array.buffer);
    }
    PyMem_Free(pieces);
    PyMem_Free(columns);
    PyBuffer_Release(&rows.buffer);
    return filled;
}

static PyMethodDef methods[] = {
    {"fill", fill, METH_VARARGS, "As fill.in_python."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fill", "The compiled filling.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__fill(void) { return PyModuleDef_Init(&module); }
