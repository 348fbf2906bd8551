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

static int add_bytes(Text *text, PyObject *bytes) {
    char *start;
    Py_ssize_t size;
    return PyBytes_AsStringAndSize(bytes, &start, &size) < 0 ? -1 : add(text, start, size);
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

/* Copy an element of an array, which may lie anyhow; 0 if there is none. */
static inline int element(const Array *array, int64_t number, void *to) {
    if (number < 0 || number >= array->n) return 0;
    memcpy(to, (const char *)array->buffer.buf + number * array->buffer.strides[0], 8);
    return 1;
}

static int add_value(Text *text, const Column *column, int64_t row, int decimals) {
    double number;
    int64_t code;
    if (!column->texts && element(&column->array, row, &number)) return add_number(text, number, decimals);
    if (column->texts && element(&column->array, row, &code) && code >= 0 && code < column->n_texts)
        return add_bytes(text, PyList_GetItem(column->texts, (Py_ssize_t)code));
    PyErr_SetString(PyExc_IndexError, "a column has no such row");
    return -1;
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

static PyObject *fill_row(Text *text, PyObject *pieces, const Column *columns, Py_ssize_t n, int64_t row, int decimals) {
    text->end = text->start;
    for (Py_ssize_t gap = 0; gap < n; gap++)
        if (add_bytes(text, PyTuple_GetItem(pieces, gap)) < 0 || add_value(text, &columns[gap], row, decimals) < 0) return NULL;
    if (add_bytes(text, PyTuple_GetItem(pieces, n)) < 0) return NULL;
    return PyBytes_FromStringAndSize(text->start, text->end - text->start);
}

static PyObject *fill_rows(PyObject *pieces, const Column *columns, Py_ssize_t n, const Array *rows, int decimals) {
    Text text = {NULL, NULL, NULL};
    PyObject *filled = make_room(&text, 4096) < 0 ? NULL : PyList_New(rows->n);
    for (Py_ssize_t i = 0; filled && i < rows->n; i++) {
        int64_t row = -1;
        element(rows, i, &row);
        PyObject *one = fill_row(&text, pieces, columns, n, row, decimals);
        if (one)
            PyList_SetItem(filled, i, one);
        else
            Py_CLEAR(filled);
    }
    PyMem_Free(text.start);
    return filled;
}

/* (pieces, columns, rows, decimals): as fill.py says. */
static PyObject *fill(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *pieces, *given, *rows, *filled = NULL;
    Array of_rows;
    int decimals;
    if (!PyArg_ParseTuple(args, "O!O!Oi", &PyTuple_Type, &pieces, &PyTuple_Type, &given, &rows, &decimals)) return NULL;
    Py_ssize_t n = PyTuple_Size(given), taken = 0;
    if (PyTuple_Size(pieces) != n + 1) return PyErr_Format(PyExc_ValueError, "the pieces and the columns do not fit together");
    if (borrow(rows, &of_rows, "lq") < 0) return NULL;
    Column *columns = PyMem_Malloc(sizeof(Column) * (size_t)(n + 1));
    if (!columns) {
        PyBuffer_Release(&of_rows.buffer);
        return PyErr_NoMemory();
    }
    while (taken < n && take(PyTuple_GetItem(given, taken), &columns[taken]) == 0) taken++;
    if (taken == n) filled = fill_rows(pieces, columns, n, &of_rows, decimals);
    while (taken > 0) PyBuffer_Release(&columns[--taken].array.buffer);
    PyMem_Free(columns);
    PyBuffer_Release(&of_rows.buffer);
    return filled;
}

static PyMethodDef methods[] = {
    {"fill", fill, METH_VARARGS, "As fill.in_python."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fill", "The compiled filling.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__fill(void) { return PyModuleDef_Init(&module); }
