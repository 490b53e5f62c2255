// SPDX-License-Identifier: MIT
#include "server/view/http_head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/base/base.h"

/* As text: what RFC 9110 calls tchar, without letters and digits. */
#define TOKEN_MARKS "!#$%&'*+-.^_`|~"

static bool is_token_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr(TOKEN_MARKS, c));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- where the head ends ---- */

/* "GET /path HTTP/1.1", by its end alone. */
static bool is_request_line(const char *line, size_t n)
{
    static const char name[] = " HTTP/";
    n -= n > 0 && line[n - 1] == '\r';
    return n > sizeof(name) + 2 &&
           !memcmp(line + n - sizeof(name) - 2, name, sizeof(name) - 1);
}

size_t http_head_end(const char *text, size_t n, size_t seen)
{
    const char *end = text + n, *first = memchr(text, '\n', n);
    if (!first)
        return 0;
    if (!is_request_line(text, (size_t)(first - text)))
        return (size_t)(first + 1 - text);
    const char *from = seen > 2 ? text + seen - 2 : text;
    from = from < first ? first : from;
    for (const char *at; (at = memchr(from, '\n', (size_t)(end - from)));
         from = at + 1) {
        const char *next = at + 1 + (at + 1 < end && at[1] == '\r');
        if (next < end && *next == '\n')
            return (size_t)(next + 1 - text);
    }
    return 0;
}

/* ---- the request line ---- */

struct head_parse {
    char *at; /* the rest of the text, which ends in NUL */
    struct http_head *head;
    unsigned status;
    const char *why;
};

static bool refuse(struct head_parse *p, unsigned status, const char *why)
{
    p->status = status;
    p->why = why;
    return false;
}

/* Cuts off the next line.  A CR belongs to the end of a line, or nowhere. */
static char *take_line(struct head_parse *p)
{
    char *line = p->at, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    p->at = end + 1;
    *end = '\0';
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    return line;
}

/* Cuts off what stands before the next space. */
static char *take_word(char **line)
{
    char *word = *line, *space = strchr(word, ' ');
    if (!space || space == word)
        return NULL;
    *space = '\0';
    *line = space + 1;
    return word;
}

static bool parse_version(struct head_parse *p, const char *text)
{
    if (strncmp(text, "HTTP/", 5) != 0 || !isdigit((unsigned char)text[5]) ||
        text[6] != '.' || !isdigit((unsigned char)text[7]) || text[8] != '\0')
        return refuse(p, 400, "the request line is not one of HTTP/1.1");
    if (text[5] != '1')
        return refuse(p, 505, "this is a server of HTTP/1.1");
    p->head->old = text[7] == '0';
    p->head->last = p->head->old;
    return true;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef",
               *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* An encoded control character could end the path where it is decoded. */
static bool is_target(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '#')
            return false;
        if (*text != '%')
            continue;
        int high = hex_value(text[1]), low = high < 0 ? -1 : hex_value(text[2]);
        if (low < 0 || high * 16 + low < ' ' || high * 16 + low == 0x7f)
            return false;
    }
    return true;
}

/* Of "http://host:port/path" the host counts, and not the field (RFC 9112, 3.2.2). */
static bool parse_absolute(struct http_head *h, char *target)
{
    size_t scheme = !strncasecmp(target, "http://", 7)    ? 7
                    : !strncasecmp(target, "https://", 8) ? 8
                                                          : 0;
    if (scheme == 0)
        return false;
    /* The host moves to the front, so that there is room for its NUL. */
    size_t n = strcspn(target + scheme, "/?");
    char *path = target + scheme + n;
    memmove(target, target + scheme, n);
    target[n] = '\0';
    h->host = target;
    h->target = *path == '/' ? path : *path ? NULL : "/";
    return h->target != NULL;
}

static bool parse_target(struct head_parse *p, char *target)
{
    struct http_head *h = p->head;
    h->target = target;
    if (strlen(target) > HTTP_TARGET_BYTES)
        return refuse(p, 414, "the address is too long");
    bool known = *target == '/' || !strcmp(target, "*") ||
                 !strcmp(h->method, "CONNECT") || parse_absolute(h, target);
    if (!known || !is_target(h->target))
        return refuse(p, 400, "the address is malformed");
    return true;
}

static bool parse_request_line(struct head_parse *p)
{
    char *line = take_line(p), *method = line ? take_word(&line) : NULL;
    char *target = method ? take_word(&line) : NULL;
    if (!target)
        return refuse(p, 400, "the request line is not one of HTTP/1.1");
    p->head->method = method;
    for (const char *c = method; *c; c++)
        if (!is_token_char(*c))
            return refuse(p, 400, "the method is malformed");
    if (strlen(method) > HTTP_METHOD_BYTES)
        return refuse(p, 501, "there is no such method");
    return parse_version(p, line) && parse_target(p, target);
}

/* ---- fields ---- */

/* Moves "Name: value" to `to` as name NUL value NUL; returns the end, or NULL. */
static char *parse_field(struct head_parse *p, char *line, char *to)
{
    char *colon = line;
    while (is_token_char(*colon))
        colon++;
    if (colon == line || *colon != ':') {
        refuse(p, 400, "a header field is malformed");
        return NULL;
    }
    char *value = colon + 1, *end = value + strlen(value);
    while (is_space(*value))
        value++;
    while (end > value && is_space(end[-1]))
        end--;
    for (const char *c = value; c < end; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
            refuse(p, 400, "a header field has a control character");
            return NULL;
        }
    size_t n_name = (size_t)(colon - line), n = (size_t)(end - value);
    memmove(to, line, n_name);
    to[n_name] = '\0';
    memmove(to + n_name + 1, value, n);
    to[n_name + 1 + n] = '\0';
    return to + n_name + 1 + n + 1;
}

static bool parse_fields(struct head_parse *p)
{
    char *to = p->at, *line;
    p->head->fields = to;
    while ((line = take_line(p)) && *line)
        if (!(to = parse_field(p, line, to)))
            return false;
    *to = '\0';
    return true;
}

static const char *next_field(const char *field)
{
    const char *value = field + strlen(field) + 1;
    return value + strlen(value) + 1;
}

static const char *find_field(const char *from, const char *name)
{
    for (; *from; from = next_field(from))
        if (!strcasecmp(from, name))
            return from;
    return NULL;
}

const char *http_head_field(const struct http_head *h, const char *name)
{
    const char *field = find_field(h->fields, name);
    return field ? field + strlen(field) + 1 : NULL;
}

/* ---- elements of lists ---- */

/* ";q=0.25" in thousandths.  What is malformed weighs nothing. */
static unsigned parse_weight(const char *text, const char *end)
{
    const char *at = text;
    while (at < end && (is_space(*at) || *at == ';'))
        at++;
    if (at == end)
        return 1000;
    if (end - at < 3 || tolower((unsigned char)at[0]) != 'q' || at[1] != '=') {
        const char *next = memchr(at, ';', (size_t)(end - at)); /* another parameter */
        return next ? parse_weight(next, end) : 1000;
    }
    unsigned q = at[2] == '1' ? 1000 : 0, unit = 100;
    if (at + 3 < end && at[3] == '.' && at[2] == '0')
        for (at += 4; at < end && isdigit((unsigned char)*at); at++, unit /= 10)
            q += (unsigned)(*at - '0') * unit;
    return q;
}

bool http_head_item(const struct http_head *h, const char *name, struct http_item *it)
{
    if (!it->field) {
        it->field = find_field(h->fields, name);
        it->at = it->field ? it->field + strlen(it->field) + 1 : NULL;
    }
    while (it->field) {
        while (is_space(*it->at) || *it->at == ',')
            it->at++;
        if (*it->at) {
            const char *end = it->at + strcspn(it->at, ",");
            it->text = it->at;
            it->n = strcspn(it->text, ",;");
            it->q = parse_weight(it->text + it->n, end);
            while (it->n > 0 && is_space(it->text[it->n - 1]))
                it->n--;
            it->at = end;
            return true;
        }
        it->field = find_field(next_field(it->field), name);
        it->at = it->field ? it->field + strlen(it->field) + 1 : NULL;
    }
    return false;
}

bool http_item_is(const struct http_item *it, const char *word)
{
    return it->n == strlen(word) && !strncasecmp(it->text, word, it->n);
}

/* ---- what the fields say ---- */

/* "name", "1.2.3.4:80", "[::1]:80": no space, user or path. */
static bool is_authority(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789-._~!$&'()*+,;=%:[]")] == '\0';
}

static bool parse_host(struct head_parse *p)
{
    struct http_head *h = p->head;
    const char *field = find_field(h->fields, "Host");
    if (!field && !h->old)
        return refuse(p, 400, "the field Host is missing");
    if (field && find_field(next_field(field), "Host"))
        return refuse(p, 400, "there is more than one field Host");
    const char *host = field ? field + strlen(field) + 1 : NULL;
    if ((host && !is_authority(host)) || (h->host && !is_authority(h->host)))
        return refuse(p, 400, "the field Host is malformed");
    h->host = h->host ? h->host : host;
    return true;
}

static bool is_zero(const char *digits)
{
    return digits[strspn(digits, "0")] == '\0';
}

/* How long the body is does not matter, since none is read: but all programs must agree
 * where it is. */
static bool parse_body(struct head_parse *p)
{
    struct http_head *h = p->head;
    const char *length = find_field(h->fields, "Content-Length");
    const char *coding = find_field(h->fields, "Transfer-Encoding");
    if (length) {
        const char *digits = length + strlen(length) + 1;
        if (find_field(next_field(length), "Content-Length"))
            return refuse(p, 400, "there is more than one field Content-Length");
        if (!*digits || digits[strspn(digits, "0123456789")])
            return refuse(p, 400, "the field Content-Length is malformed");
        h->body = !is_zero(digits);
    }
    if (coding) {
        if (length)
            return refuse(p, 400, "Content-Length beside Transfer-Encoding");
        if (find_field(next_field(coding), "Transfer-Encoding") ||
            strcasecmp(coding + strlen(coding) + 1, "chunked") != 0)
            return refuse(p, 501, "no Transfer-Encoding is known but chunked");
        h->body = true;
    }
    return true;
}

static void parse_connection(struct http_head *h)
{
    for (struct http_item it = {0}; http_head_item(h, "Connection", &it);) {
        if (http_item_is(&it, "close")) {
            h->last = true;
            return;
        }
        if (h->old && http_item_is(&it, "keep-alive"))
            h->last = false;
    }
}

static void parse_forwarded(struct http_head *h)
{
    static const char *const names[] = {"Forwarded", "Via", "X-Real-IP"};
    for (const char *field = h->fields; *field; field = next_field(field)) {
        h->forwarded |= !strncasecmp(field, "X-Forwarded-", 12);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
            h->forwarded |= !strcasecmp(field, names[i]);
    }
}

unsigned http_head_parse(char *text, size_t n, struct http_head *ret,
                         const char **ret_why)
{
    struct head_parse p = {.at = text, .head = ret};
    *ret = (struct http_head){.method = "GET", .target = "/", .fields = ""};
    text[n] = '\0';
    if (strlen(text) != n)
        refuse(&p, 400, "there is a NUL in the head");
    else if (parse_request_line(&p) && parse_fields(&p) && parse_host(&p) &&
             parse_body(&p)) {
        parse_connection(ret);
        parse_forwarded(ret);
        ret->last |= ret->body;
        return 0;
    }
    ret->last = true;
    *ret_why = p.why;
    return p.status;
}
