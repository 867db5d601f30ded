/* What the compiled twin reads and writes with: BER (ber.py), OIDs and numbers as text, and the JSON that grows.
 *
 * Included once, by _twin.c, which says how memory is kept safe.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTEGER = 0x02, OCTET_STRING = 0x04, NULL_ = 0x05, OBJECT_IDENTIFIER = 0x06, SEQUENCE = 0x30 };
enum { IP_ADDRESS = 0x40, COUNTER32, GAUGE32, TIME_TICKS, OPAQUE_, COUNTER64 = 0x46, UINTEGER32 };
enum { MAX_OID_OCTETS = 640, MAX_ARCS = 128, OID_TEXT = MAX_ARCS * 11 + 1 };

static const char HEX[] = "0123456789abcdef";

static PyObject *datagram_error;

typedef struct {
    size_t tag, start, stop; /* of the content */
} element;

/* ---- refusals ---- */

static bool refuse(const char *reason, const char *format, ...) {
    char detail[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    PyObject *error = PyObject_CallFunction(datagram_error, "ss", reason, detail);
    if (error != NULL) {
        PyErr_SetObject(datagram_error, error);
        Py_DECREF(error);
    }
    return false;
}

/* ---- BER: ber.py ---- */

static bool long_length(const unsigned char *octets, size_t *at, size_t end, size_t *length) {
    size_t count = octets[*at] & 0x7F;
    *at += 1;
    if (count < 1 || count > 4)
        return refuse("bad_length", "a length that is indefinite or of more than 4 octets");
    if (count > end - *at)
        return refuse("bad_length", "a length that runs past its parent");
    for (*length = 0; count > 0; count--, *at += 1)
        *length = *length << 8 | octets[*at];
    return true;
}

static bool element_at(const unsigned char *octets, size_t at, size_t end, element *found, const char *cut,
                       const char *past) {
    if (end - at < 2)
        return refuse("bad_length", "%s", cut);
    found->tag = octets[at];
    size_t length = octets[at + 1];
    at++;
    if (length < 0x80)
        at++;
    else if (!long_length(octets, &at, end, &length))
        return false;
    if (length > end - at)
        return refuse("bad_length", "%s", past);
    found->start = at;
    found->stop = at + length;
    return true;
}

static bool header(const unsigned char *octets, size_t at, size_t end, element *found) {
    return element_at(octets, at, end, found, "an element is missing", "an element runs past its parent");
}

static bool expect(const unsigned char *octets, size_t at, size_t end, size_t tag, element *found) {
    if (!header(octets, at, end, found))
        return false;
    if (found->tag != tag)
        return refuse("bad_value", "tag 0x%02x where 0x%02x belongs", (unsigned)found->tag, (unsigned)tag);
    return true;
}

static bool read_signed(const unsigned char *content, size_t size, int64_t *value) {
    if (size < 1 || size > 8)
        return refuse("bad_value", "an INTEGER of %zu octets", size);
    uint64_t bits = content[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | content[i];
    memcpy(value, &bits, sizeof bits);
    return true;
}

static bool integer(const unsigned char *octets, size_t *at, size_t end, int64_t *value) {
    element found;
    if (!expect(octets, *at, end, INTEGER, &found))
        return false;
    *at = found.stop;
    return read_signed(octets + found.start, found.stop - found.start, value);
}

static bool read_unsigned(const unsigned char *content, size_t size, size_t bits, uint64_t *value) {
    if (size < 1 || size > bits / 8 + 1 || (size > bits / 8 && content[0]))
        return refuse("bad_value", "an unsigned %zu-bit number of %zu octets", bits, size);
    for (*value = 0; size > 0; size--)
        *value = *value << 8 | *content++;
    return true;
}

/* ---- numbers and OIDs as text ---- */

static size_t decimal(char *text, uint64_t value) {
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    for (size_t i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    return count;
}

static bool oid_text(const unsigned char *content, size_t size, char text[OID_TEXT], size_t *written) {
    *written = 0;
    if (size == 0) {
        memcpy(text, "0.0", *written = 3);
        return true;
    }
    if (size > MAX_OID_OCTETS || content[size - 1] & 0x80)
        return refuse("bad_value", "an OBJECT IDENTIFIER that is too long or ends inside a sub-identifier");
    uint64_t arc = 0;
    size_t arcs = 0;
    bool is_beyond = false;
    for (size_t i = 0; i < size; i++) {
        if (content[i] == 0x80 && arc == 0)
            return refuse("bad_value", "a sub-identifier with a leading zero octet");
        if (arc >> 40) /* far beyond already: only whether it is 0 matters from here on */
            arc = (uint64_t)1 << 40;
        arc = arc << 7 | (content[i] & 0x7F);
        if (content[i] & 0x80)
            continue;
        if (arcs == 0) {
            uint64_t first = arc / 40 < 2 ? arc / 40 : 2;
            text[(*written)++] = (char)('0' + first);
            arc -= 40 * first;
            arcs = 1;
        }
        is_beyond |= arc > UINT32_MAX || ++arcs > MAX_ARCS;
        if (!is_beyond) {
            text[(*written)++] = '.';
            *written += decimal(text + *written, arc);
        }
        arc = 0;
    }
    if (is_beyond)
        return refuse("bad_value", "an OBJECT IDENTIFIER beyond 128 sub-identifiers of 32 bits");
    return true;
}

static bool ip_text(const unsigned char *content, size_t size, char text[16], size_t *written) {
    if (size != 4)
        return refuse("bad_value", "an IpAddress of %zu octets", size);
    *written = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            text[(*written)++] = '.';
        *written += decimal(text + *written, content[i]);
    }
    return true;
}

/* ---- the JSON that is written ---- */

typedef struct {
    char *octets;
    size_t size, room;
} json;

static bool room(json *out, size_t more) {
    if (out->room - out->size >= more)
        return true;
    size_t wanted = out->size + more + out->room; /* a datagram has 65,535 octets: far from any overflow */
    char *grown = PyMem_Realloc(out->octets, wanted);
    if (grown == NULL) {
        PyErr_NoMemory();
        return false;
    }
    out->octets = grown;
    out->room = wanted;
    return true;
}

static bool put(json *out, const char *octets, size_t size) {
    if (!room(out, size))
        return false;
    memcpy(out->octets + out->size, octets, size);
    out->size += size;
    return true;
}

#define PUT(out, literal) put(out, literal, sizeof literal - 1)

static bool put_signed(json *out, int64_t value) {
    if (!room(out, 21))
        return false;
    if (value < 0)
        out->octets[out->size++] = '-';
    out->size += decimal(out->octets + out->size, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    return true;
}

static bool put_unsigned(json *out, uint64_t value) {
    if (!room(out, 20))
        return false;
    out->size += decimal(out->octets + out->size, value);
    return true;
}

static bool put_hex(json *out, const unsigned char *raw, size_t size) {
    if (!room(out, 2 * size + 32) || !PUT(out, ",\"value\":\""))
        return false;
    for (size_t i = 0; i < size; i++) {
        out->octets[out->size++] = HEX[raw[i] >> 4];
        out->octets[out->size++] = HEX[raw[i] & 15];
    }
    return PUT(out, "\",\"is_hex\":true}");
}

/* RFC 3629: octets of the UTF-8 sequence at the start of raw, 0 where there is none. */
static size_t utf8(const unsigned char *raw, size_t size) {
    unsigned char lead = raw[0], low = 0x80, high = 0xBF;
    size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length < 2 || length > size)
        return length == 1;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xBF)
        if (raw[i] < low || raw[i] > high)
            return 0;
    return length;
}

static bool put_octets(json *out, const unsigned char *raw, size_t size) {
    size_t escapes = 0;
    for (size_t i = 0; i < size;) {
        unsigned char octet = raw[i];
        if (octet >= 0x80) {
            size_t length = utf8(raw + i, size - i);
            if (length == 0)
                return put_hex(out, raw, size);
            i += length;
            continue;
        }
        bool is_space = octet == '\t' || octet == '\n' || octet == '\r';
        if ((octet < 0x20 && !is_space) || octet == 0x7F)
            return put_hex(out, raw, size);
        escapes += is_space || octet == '"' || octet == '\\';
        i++;
    }
    if (!room(out, size + escapes + 16) || !PUT(out, ",\"value\":\""))
        return false;
    if (escapes == 0) {
        memcpy(out->octets + out->size, raw, size);
        out->size += size;
        return PUT(out, "\"}");
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char octet = raw[i];
        char letter = octet == '\t' ? 't' : octet == '\n' ? 'n' : octet == '\r' ? 'r' : 0;
        if (letter || octet == '"' || octet == '\\')
            out->octets[out->size++] = '\\';
        out->octets[out->size++] = letter ? letter : (char)octet;
    }
    return PUT(out, "\"}");
}
