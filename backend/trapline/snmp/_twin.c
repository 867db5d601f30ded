/* The compiled twin of pdu.py, varbinds.py, header.py: the same octets to the same JSON, the same refusals.
 *
 * Those are the reference; what they say is not said again here, and the tests hold both equal. Nothing is kept between
 * two calls: writing a varbind anew costs less than a look-up in Python.
 *
 * Safety: every octet is read between a `size_t at` and the `end` of its parent, which header() alone moves and never
 * past `end`; every octet is written by put() or room(), which grow the buffer first. A function that fails has set a
 * Python exception and returns false (or NULL), and its callers do the same. Nothing recurses.
 */
#include "_twin_octets.h"
#include "_twin_usm.h"

enum { TRAP_V1 = 0xA4, INFORM = 0xA6, TRAP_V2 = 0xA7 };

static const unsigned char SYS_UP_TIME[] = {0x2B, 6, 1, 2, 1, 1, 3, 0};
static const unsigned char SNMP_TRAP_OID[] = {0x2B, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const char COMMUNITY_OID[] = "1.3.6.1.6.3.18.1.4";

static PyObject *pdu_class, *type_v1, *type_v2, *type_inform, *no_octets;

/* ---- varbinds: varbinds.py ---- */

static const char *syntax(size_t tag) {
    switch (tag) {
    case INTEGER: return "Integer32";
    case OCTET_STRING: return "OCTET STRING";
    case NULL_: return "NULL";
    case OBJECT_IDENTIFIER: return "OBJECT IDENTIFIER";
    case IP_ADDRESS: return "IpAddress";
    case COUNTER32: return "Counter32";
    case GAUGE32: return "Gauge32";
    case TIME_TICKS: return "TimeTicks";
    case OPAQUE_: return "Opaque";
    case COUNTER64: return "Counter64";
    case UINTEGER32: return "UInteger32";
    case 0x80: return "noSuchObject";
    case 0x81: return "noSuchInstance";
    case 0x82: return "endOfMibView";
    default: return NULL;
    }
}

static bool put_value(json *out, size_t tag, const unsigned char *raw, size_t size) {
    char text[OID_TEXT];
    size_t written = 0;
    int64_t number = 0;
    uint64_t count = 0;
    switch (tag) {
    case OCTET_STRING:
        return put_octets(out, raw, size);
    case INTEGER:
        return read_signed(raw, size, &number) && PUT(out, ",\"value\":") && put_signed(out, number) && PUT(out, "}");
    case COUNTER32:
    case GAUGE32:
    case TIME_TICKS:
    case UINTEGER32:
    case COUNTER64:
        return read_unsigned(raw, size, tag == COUNTER64 ? 64 : 32, &count) && PUT(out, ",\"value\":") &&
               put_unsigned(out, count) && PUT(out, "}");
    case OBJECT_IDENTIFIER:
    case IP_ADDRESS:
        return (tag == IP_ADDRESS ? ip_text(raw, size, text, &written) : oid_text(raw, size, text, &written)) &&
               PUT(out, ",\"value\":\"") && put(out, text, written) && PUT(out, "\"}");
    case OPAQUE_:
        return put_hex(out, raw, size);
    default:
        if (size > 0)
            return refuse("bad_length", "%s with %zu octets", syntax(tag), size);
        return PUT(out, "}");
    }
}

static bool is_community(const char *text, size_t size) {
    size_t length = sizeof COMMUNITY_OID - 1;
    return size >= length && memcmp(text, COMMUNITY_OID, length) == 0 && (size == length || text[length] == '.');
}

static bool put_varbind(json *out, const unsigned char *octets, const element *varbind) {
    element name, value;
    char text[OID_TEXT];
    size_t written;
    if (varbind->tag != SEQUENCE)
        return refuse("bad_value", "tag 0x%02x where a varbind belongs", (unsigned)varbind->tag);
    if (!expect(octets, varbind->start, varbind->stop, OBJECT_IDENTIFIER, &name) ||
        !header(octets, name.stop, varbind->stop, &value))
        return false;
    if (value.stop != varbind->stop)
        return refuse("bad_length", "octets after a varbind's value");
    if (!oid_text(octets + name.start, name.stop - name.start, text, &written))
        return false;
    const char *called = syntax(value.tag);
    if (called == NULL)
        return refuse("bad_value", "tag 0x%02x is no SNMP syntax", (unsigned)value.tag);
    if (is_community(text, written))
        return true;
    return PUT(out, "{\"oid\":\"") && put(out, text, written) && PUT(out, "\",\"syntax\":\"") &&
           put(out, called, strlen(called)) && PUT(out, "\"") &&
           put_value(out, value.tag, octets + value.start, value.stop - value.start) && PUT(out, ",");
}

static bool put_varbinds(json *out, const unsigned char *octets, size_t at, size_t end) {
    element varbind;
    for (; at < end; at = varbind.stop)
        if (!element_at(octets, at, end, &varbind, "a varbind is cut", "a varbind runs past the list") ||
            !put_varbind(out, octets, &varbind))
            return false;
    return true;
}

/* `begin`: the size of `out` before the member was begun. */
static bool begin_varbinds(json *out, size_t *begin) {
    *begin = out->size;
    return PUT(out, ",\"varbinds\":[");
}

static bool end_varbinds(json *out, size_t begin) {
    if (out->octets[out->size - 1] == '[') {
        out->size = begin; /* there are none */
        return true;
    }
    out->octets[out->size - 1] = ']'; /* instead of the last comma */
    return true;
}

/* ---- PDUs: pdu.py ---- */

static PyObject *made(json *out, PyObject *type, PyObject *request_id, const char *oid, size_t oid_size,
                      PyObject *varbind_list) {
    PyObject *result = NULL, *trap_oid = PyUnicode_FromStringAndSize(oid, (Py_ssize_t)oid_size);
    PyObject *members = PyBytes_FromStringAndSize(out->octets, (Py_ssize_t)out->size);
    if (trap_oid != NULL && members != NULL && request_id != NULL && varbind_list != NULL)
        result = PyObject_CallFunctionObjArgs(pdu_class, type, request_id, trap_oid, members, varbind_list, NULL);
    Py_XDECREF(trap_oid);
    Py_XDECREF(members);
    return result;
}

static bool opened(const unsigned char *octets, size_t at, size_t end, bool is_v1, element *pdu) {
    if (!header(octets, at, end, pdu))
        return false;
    if (is_v1 ? pdu->tag != TRAP_V1 : pdu->tag != TRAP_V2 && pdu->tag != INFORM)
        return refuse("not_a_notification", "PDU tag 0x%02x", (unsigned)pdu->tag);
    if (pdu->stop != end)
        return refuse("bad_length", "octets after the PDU");
    return true;
}

static bool v1(const unsigned char *octets, size_t at, size_t end, json *out, char trap[], size_t *trap_size) {
    element pdu, name, address, ticks, list;
    char enterprise[OID_TEXT], agent[16];
    size_t enterprise_size, agent_size, begin;
    int64_t generic, specific;
    uint64_t uptime;
    if (!opened(octets, at, end, true, &pdu) || !expect(octets, pdu.start, pdu.stop, OBJECT_IDENTIFIER, &name) ||
        !oid_text(octets + name.start, name.stop - name.start, enterprise, &enterprise_size) ||
        !expect(octets, name.stop, pdu.stop, IP_ADDRESS, &address) ||
        !ip_text(octets + address.start, address.stop - address.start, agent, &agent_size))
        return false;
    at = address.stop;
    if (!integer(octets, &at, pdu.stop, &generic) || !integer(octets, &at, pdu.stop, &specific) ||
        !expect(octets, at, pdu.stop, TIME_TICKS, &ticks) ||
        !read_unsigned(octets + ticks.start, ticks.stop - ticks.start, 32, &uptime) ||
        !expect(octets, ticks.stop, pdu.stop, SEQUENCE, &list))
        return false;
    if (list.stop != pdu.stop)
        return refuse("bad_length", "octets after the varbind list");
    if (generic < 0 || generic > 6 || specific < 0 || specific > INT32_MAX)
        return refuse("bad_value", "generic-trap %lld, specific-trap %lld", (long long)generic, (long long)specific);
    if (generic < 6) {
        memcpy(trap, "1.3.6.1.6.3.1.1.5.", 18);
        trap[18] = (char)('1' + generic);
        *trap_size = 19;
    } else {
        memcpy(trap, enterprise, enterprise_size);
        memcpy(trap + enterprise_size, ".0.", 3);
        *trap_size = enterprise_size + 3 + decimal(trap + enterprise_size + 3, (uint64_t)specific);
    }
    return PUT(out, "\"trap_oid\":\"") && put(out, trap, *trap_size) && PUT(out, "\",\"uptime_ticks\":") &&
           put_unsigned(out, uptime) && PUT(out, ",\"enterprise_oid\":\"") && put(out, enterprise, enterprise_size) &&
           PUT(out, "\",\"generic_trap\":") && put_signed(out, generic) && PUT(out, ",\"specific_trap\":") &&
           put_signed(out, specific) && PUT(out, ",\"agent_addr\":\"") && put(out, agent, agent_size) &&
           PUT(out, "\"") && begin_varbinds(out, &begin) && put_varbinds(out, octets, list.start, list.stop) &&
           end_varbinds(out, begin);
}

typedef struct {
    bool has_trap_oid, has_uptime;
    char trap_oid[OID_TEXT];
    size_t trap_oid_size, spans, begin[3], finish[3];
    uint64_t uptime;
} special;

static bool is_named(const unsigned char *octets, const element *name, const unsigned char *oid, size_t size) {
    return name->stop - name->start == size && memcmp(octets + name->start, oid, size) == 0;
}

static bool find_special(const unsigned char *octets, size_t first, size_t last, special *found) {
    element varbind, name, value;
    size_t begin = first;
    found->has_trap_oid = found->has_uptime = false;
    found->spans = 0;
    for (size_t at = first; at < last && !(found->has_trap_oid && found->has_uptime); at = varbind.stop) {
        if (!expect(octets, at, last, SEQUENCE, &varbind) ||
            !expect(octets, varbind.start, varbind.stop, OBJECT_IDENTIFIER, &name))
            return false;
        bool is_trap_oid = !found->has_trap_oid && is_named(octets, &name, SNMP_TRAP_OID, sizeof SNMP_TRAP_OID);
        bool is_uptime = !found->has_uptime && is_named(octets, &name, SYS_UP_TIME, sizeof SYS_UP_TIME) &&
                         name.stop < varbind.stop && octets[name.stop] == TIME_TICKS;
        if (!is_trap_oid && !is_uptime)
            continue;
        if (!expect(octets, name.stop, varbind.stop, is_trap_oid ? OBJECT_IDENTIFIER : TIME_TICKS, &value))
            return false;
        if (value.stop != varbind.stop)
            return refuse("bad_length", "octets after a varbind's value");
        size_t size = value.stop - value.start;
        if (is_trap_oid ? !oid_text(octets + value.start, size, found->trap_oid, &found->trap_oid_size)
                        : !read_unsigned(octets + value.start, size, 32, &found->uptime))
            return false;
        *(is_trap_oid ? &found->has_trap_oid : &found->has_uptime) = true;
        if (begin < at) { /* at most twice, because each of the two is found once */
            found->begin[found->spans] = begin;
            found->finish[found->spans++] = at;
        }
        begin = varbind.stop;
    }
    if (!found->has_trap_oid) {
        PyObject *error = PyObject_CallFunction(datagram_error, "s", "no_trap_oid");
        if (error != NULL) {
            PyErr_SetObject(datagram_error, error);
            Py_DECREF(error);
        }
        return false;
    }
    found->begin[found->spans] = begin;
    found->finish[found->spans++] = last;
    return true;
}

static bool v2(const unsigned char *octets, size_t at, size_t end, json *out, special *found, element *pdu,
               int64_t *request_id, element *list, size_t *list_at) {
    int64_t ignored;
    size_t begin;
    if (!opened(octets, at, end, false, pdu))
        return false;
    *list_at = pdu->start;
    if (!integer(octets, list_at, pdu->stop, request_id) || !integer(octets, list_at, pdu->stop, &ignored) ||
        !integer(octets, list_at, pdu->stop, &ignored) || !expect(octets, *list_at, pdu->stop, SEQUENCE, list))
        return false;
    if (list->stop != pdu->stop)
        return refuse("bad_length", "octets after the varbind list");
    if (!find_special(octets, list->start, list->stop, found) || !PUT(out, "\"trap_oid\":\"") ||
        !put(out, found->trap_oid, found->trap_oid_size) || !PUT(out, "\"") ||
        (found->has_uptime && !(PUT(out, ",\"uptime_ticks\":") && put_unsigned(out, found->uptime))) ||
        !begin_varbinds(out, &begin))
        return false;
    for (size_t i = 0; i < found->spans; i++)
        if (!put_varbinds(out, octets, found->begin[i], found->finish[i]))
            return false;
    return end_varbinds(out, begin);
}

/* ---- what Python calls ---- */

static const unsigned char *arguments_of(PyObject *arguments, size_t *at, size_t *end, json *out) {
    const unsigned char *octets = span_of(arguments, at, end);
    if (octets == NULL)
        return NULL;
    out->size = 0;
    out->room = 2 * (*end - *at) + 512;
    out->octets = PyMem_Malloc(out->room);
    if (out->octets == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return octets;
}

static PyObject *read_v1(PyObject *Py_UNUSED(module), PyObject *arguments) {
    size_t at, end, trap_size = 0;
    json out;
    char trap[OID_TEXT + 3 + 20];
    const unsigned char *octets = arguments_of(arguments, &at, &end, &out);
    if (octets == NULL)
        return NULL;
    PyObject *result = NULL;
    if (v1(octets, at, end, &out, trap, &trap_size))
        result = made(&out, type_v1, Py_None, trap, trap_size, no_octets);
    PyMem_Free(out.octets);
    return result;
}

static PyObject *read_v2(PyObject *Py_UNUSED(module), PyObject *arguments) {
    size_t at, end, list_at;
    json out;
    special found;
    element pdu, list;
    int64_t number;
    const unsigned char *octets = arguments_of(arguments, &at, &end, &out);
    if (octets == NULL)
        return NULL;
    PyObject *result = NULL;
    if (v2(octets, at, end, &out, &found, &pdu, &number, &list, &list_at)) {
        bool is_inform = pdu.tag == INFORM;
        PyObject *request_id = PyLong_FromLongLong(number);
        PyObject *varbind_list = PyBytes_FromStringAndSize(is_inform ? (const char *)octets + list_at : NULL,
                                                           is_inform ? (Py_ssize_t)(list.stop - list_at) : 0);
        result = made(&out, is_inform ? type_inform : type_v2, request_id, found.trap_oid, found.trap_oid_size,
                      varbind_list);
        Py_XDECREF(request_id);
        Py_XDECREF(varbind_list);
    }
    PyMem_Free(out.octets);
    return result;
}

static PyMethodDef functions[] = {
    {"read_v1", read_v1, METH_VARARGS, "As pdu.read_v1."},
    {"read_v2", read_v2, METH_VARARGS, "As pdu.read_v2."},
    {"read_header", read_header, METH_VARARGS, "As header.read_header."},
    {"xor", xor, METH_VARARGS, "As twin.python_xor."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_twin", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__twin(void) {
    PyObject *errors = PyImport_ImportModule("trapline.protocol.errors");
    PyObject *pdu = PyImport_ImportModule("trapline.snmp.pdu"), *types = NULL;
    PyObject *header = PyImport_ImportModule("trapline.snmp.header");
    if (errors != NULL && pdu != NULL && header != NULL && (types = PyObject_GetAttrString(pdu, "PduType")) != NULL) {
        datagram_error = PyObject_GetAttrString(errors, "DatagramError");
        pdu_class = PyObject_GetAttrString(pdu, "Pdu");
        type_v1 = PyObject_GetAttrString(types, "TRAP_V1");
        type_v2 = PyObject_GetAttrString(types, "TRAP_V2");
        type_inform = PyObject_GetAttrString(types, "INFORM");
        header_class = PyObject_GetAttrString(header, "Header");
        no_octets = PyBytes_FromStringAndSize(NULL, 0);
    }
    Py_XDECREF(errors);
    Py_XDECREF(pdu);
    Py_XDECREF(header);
    Py_XDECREF(types);
    return PyErr_Occurred() ? NULL : PyModule_Create(&definition);
}
