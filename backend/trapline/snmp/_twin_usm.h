/* The compiled twin's part in USM: a v3 message's header (header.py), and the xor that ends a decryption (twin.py).
 *
 * Included once, by _twin.c. Which user it is, digests, ciphers and time windows are Python's.
 */

static PyObject *header_class;

static const unsigned char *span_of(PyObject *arguments, size_t *at, size_t *end) {
    PyObject *datagram;
    Py_ssize_t from, to;
    if (!PyArg_ParseTuple(arguments, "Snn", &datagram, &from, &to))
        return NULL;
    if (from < 0 || from > to || to > PyBytes_Size(datagram)) {
        PyErr_SetString(PyExc_ValueError, "a span that is not in the octets");
        return NULL;
    }
    *at = (size_t)from;
    *end = (size_t)to;
    return (const unsigned char *)PyBytes_AsString(datagram);
}

typedef struct {
    int64_t message_id, boots, time;
    size_t flags;
    element engine, user, digest, salt, parameters;
} v3_header;

static bool is_integer32(int64_t value) {
    return value >= 0 && value <= INT32_MAX;
}

static bool v3(const unsigned char *octets, size_t at, size_t end, v3_header *found) {
    element global, flags, usm;
    int64_t ignored, model;
    if (!expect(octets, at, end, SEQUENCE, &global))
        return false;
    at = global.start;
    if (!integer(octets, &at, global.stop, &found->message_id) || !integer(octets, &at, global.stop, &ignored) ||
        !expect(octets, at, global.stop, OCTET_STRING, &flags))
        return false;
    if (flags.stop != flags.start + 1)
        return refuse("bad_value", "msgFlags of %zu octets", flags.stop - flags.start);
    found->flags = octets[flags.start];
    at = flags.stop;
    if (!integer(octets, &at, global.stop, &model))
        return false;
    if (model != 3)
        return refuse("unsupported_security_model", "security model %lld", (long long)model);
    if (!expect(octets, global.stop, end, OCTET_STRING, &found->parameters) ||
        !expect(octets, found->parameters.start, found->parameters.stop, SEQUENCE, &usm) ||
        !expect(octets, usm.start, usm.stop, OCTET_STRING, &found->engine))
        return false;
    at = found->engine.stop;
    if (!integer(octets, &at, usm.stop, &found->boots) || !integer(octets, &at, usm.stop, &found->time) ||
        !expect(octets, at, usm.stop, OCTET_STRING, &found->user) ||
        !expect(octets, found->user.stop, usm.stop, OCTET_STRING, &found->digest) ||
        !expect(octets, found->digest.stop, usm.stop, OCTET_STRING, &found->salt))
        return false;
    if (!is_integer32(found->message_id) || !is_integer32(found->boots) || !is_integer32(found->time))
        return refuse("bad_value", "msgID, engine boots or engine time outside 0..2147483647");
    if ((found->flags & 3) == 2)
        return refuse("bad_value", "msgFlags ask for privacy without authentication");
    return true;
}

static PyObject *read_header(PyObject *Py_UNUSED(module), PyObject *arguments) {
    size_t at, end;
    v3_header found;
    const unsigned char *octets = span_of(arguments, &at, &end);
    if (octets == NULL || !v3(octets, at, end, &found))
        return NULL;
    const char *text = (const char *)octets;
    const element *engine = &found.engine, *user = &found.user, *salt = &found.salt;
    return PyObject_CallFunction(
        header_class, "Lny#LLy#y#nnnn", (long long)found.message_id, (Py_ssize_t)found.flags, text + engine->start,
        (Py_ssize_t)(engine->stop - engine->start), (long long)found.boots, (long long)found.time, text + user->start,
        (Py_ssize_t)(user->stop - user->start), text + salt->start, (Py_ssize_t)(salt->stop - salt->start),
        (Py_ssize_t)found.digest.start, (Py_ssize_t)found.digest.stop, (Py_ssize_t)found.parameters.stop,
        (Py_ssize_t)end);
}

static PyObject *xor(PyObject *Py_UNUSED(module), PyObject *arguments) {
    PyObject *left, *right;
    if (!PyArg_ParseTuple(arguments, "SS", &left, &right))
        return NULL;
    Py_ssize_t size = PyBytes_Size(left);
    if (size != PyBytes_Size(right)) {
        PyErr_SetString(PyExc_ValueError, "octets of different lengths");
        return NULL;
    }
    PyObject *both = PyBytes_FromStringAndSize(NULL, size);
    if (both == NULL)
        return NULL;
    const char *one = PyBytes_AsString(left), *other = PyBytes_AsString(right);
    char *to = PyBytes_AsString(both);
    for (Py_ssize_t i = 0; i < size; i++)
        to[i] = one[i] ^ other[i];
    return both;
}
