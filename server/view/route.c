// SPDX-License-Identifier: MIT
#include "server/view/route.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_writer.h"
#include "common/wire/names.h"
#include "server/view/page.h"

#define EVENTS_URL "/api/v1/events"
#define JOB_URL "/api/v1/jobs/"
#define CSP                                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "        \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { HZ_DEFAULT = 4, HZ_MAX = 20, URL_BYTES = ADDRESS_BYTES + 16 };

/* ---- responses ---- */

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
    if (MHD_add_response_header(r, name, value) != MHD_YES)
        abort(); /* out of memory */
}

enum MHD_Result route_answer_with(struct MHD_Connection *m, struct MHD_Response *answer,
                                  unsigned status)
{
    add_header(answer, "Content-Security-Policy", CSP);
    add_header(answer, "X-Content-Type-Options", "nosniff");
    add_header(answer, "Referrer-Policy", "no-referrer");
    add_header(answer, "Cross-Origin-Resource-Policy", "same-origin");
    add_header(answer, "Vary", "Accept");
    enum MHD_Result queued = MHD_queue_response(m, status, answer);
    MHD_destroy_response(answer);
    return queued;
}

/* The body of a response while it is written. */
struct draft {
    FILE *out;
    char *bytes;
    size_t n;
};

static FILE *draft_begin(struct draft *d)
{
    *d = (struct draft){0};
    d->out = open_memstream(&d->bytes, &d->n);
    if (!d->out)
        abort();
    return d->out;
}

static struct MHD_Response *draft_end(struct draft *d, const char *type)
{
    if (fclose(d->out) != 0)
        abort();
    struct MHD_Response *r =
        MHD_create_response_from_buffer(d->n, d->bytes, MHD_RESPMEM_MUST_FREE);
    if (!r)
        abort();
    add_header(r, "Content-Type", type);
    return r;
}

static const char *request_header(struct MHD_Connection *m, const char *name)
{
    return MHD_lookup_connection_value(m, MHD_HEADER_KIND, name);
}

static bool wants_html(struct MHD_Connection *m)
{
    const char *accept = request_header(m, "Accept");
    return accept && strstr(accept, "text/html");
}

/* Why a request gets something else. */
struct refusal {
    unsigned status; /* 0: it does not */
    const char *code, *what, *hint;
    bool elsewhere; /* another address of this picoord would do */
};

static void write_json_error(FILE *out, const struct refusal *why)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_begin_object(&w, "error");
    json_put_text(&w, "code", why->code);
    json_put_text(&w, "message", why->what);
    json_put_text(&w, "hint", why->hint);
    json_end(&w);
    json_end_line(&w);
}

/* Where the page is for this client: the address that it has come to. */
static const char *url_of(const struct http_request *req, char ret[URL_BYTES])
{
    const char *port = strrchr(req->address, ':'),
               *scheme = req->tls ? "https" : "http";
    ret[0] = '\0';
    if (port && req->local)
        snprintf(ret, URL_BYTES, "%s://localhost%s/", scheme, port);
    else if (port)
        snprintf(ret, URL_BYTES, "%s://%s/", scheme, req->address);
    return ret;
}

static enum MHD_Result answer_error(struct MHD_Connection *m,
                                    const struct http_request *req,
                                    const struct refusal *why)
{
    struct draft d;
    char url[URL_BYTES] = "";
    bool html = wants_html(m);
    FILE *out = draft_begin(&d);
    if (html)
        page_refusal(out, why->what, why->hint, why->elsewhere ? url_of(req, url) : "");
    else
        write_json_error(out, why);
    struct MHD_Response *r =
        draft_end(&d, html ? "text/html; charset=utf-8" : "application/json");
    add_header(r, "Cache-Control", "no-store");
    if (why->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(r, "Allow", "GET, HEAD");
    return route_answer_with(m, r, why->status);
}

/* For ETags only: tells versions of one page apart. */
static uint64_t fnv1a(const char *bytes, size_t n)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* Sends 304 without a body if the client has these bytes already. */
static enum MHD_Result answer_tagged(struct MHD_Connection *m, struct draft *d,
                                     const char *type)
{
    char tag[1 + 16 + 1 + 1];
    fflush(d->out);
    snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"", fnv1a(d->bytes, d->n));
    const char *known = request_header(m, "If-None-Match");
    bool same = known && strstr(known, tag);
    struct MHD_Response *r = draft_end(d, type);
    if (same) {
        MHD_destroy_response(r);
        r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
        if (!r)
            abort();
    }
    add_header(r, "ETag", tag);
    add_header(r, "Cache-Control", "no-cache");
    return route_answer_with(m, r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK);
}

/* ---- pages ---- */

static enum MHD_Result answer_health(struct MHD_Connection *m)
{
    struct draft d;
    fputs("ok\n", draft_begin(&d));
    return route_answer_with(m, draft_end(&d, "text/plain; charset=utf-8"),
                             MHD_HTTP_OK);
}

static enum MHD_Result answer_ready(const struct route *r, struct MHD_Connection *m)
{
    const char *why;
    struct draft d;
    bool ready = report_ready(r->report, &why);
    fprintf(draft_begin(&d), "%s\n", ready ? "ok" : why);
    return route_answer_with(m, draft_end(&d, "text/plain; charset=utf-8"),
                             ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE);
}

static const struct page {
    const char *url, *type;
    bool (*report)(struct report *s, FILE *out);
} pages[] = {
    {"/api/v1/status", "application/json", report_status_json},
    {"/api/v1/jobs", "application/json", report_jobs_json},
    {"/api/v1/workers", "application/json", report_workers_json},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", report_metrics},
    {"/status", "text/html; charset=utf-8", page_status},
    {"/join", "text/plain; charset=utf-8", report_join_text},
};

static enum MHD_Result answer_page(const struct route *r, struct MHD_Connection *m,
                                   const struct http_request *req, const char *type,
                                   bool (*report)(struct report *, FILE *))
{
    static const struct refusal stopping = {MHD_HTTP_SERVICE_UNAVAILABLE, "STOPPING",
                                            "the coordinator is stopping", "", false};
    struct draft d;
    if (report(r->report, draft_begin(&d)))
        return answer_tagged(m, &d, type);
    fclose(d.out);
    free(d.bytes);
    return answer_error(m, req, &stopping);
}

static enum MHD_Result answer_nothing(struct MHD_Connection *m,
                                      const struct http_request *req)
{
    static const struct refusal nothing = {
        MHD_HTTP_NOT_FOUND, "NOT_FOUND", "there is nothing at this address",
        "try /, /api/v1/status, /api/v1/jobs, /api/v1/workers, " EVENTS_URL
        ", /metrics, /healthz, /readyz",
        false};
    return answer_error(m, req, &nothing);
}

static enum MHD_Result answer_job(const struct route *r, struct MHD_Connection *m,
                                  const struct http_request *req, const char *id)
{
    static const struct refusal busy = {MHD_HTTP_SERVICE_UNAVAILABLE, "BUSY",
                                        "the ledger cannot be read right now",
                                        "ask again in a moment", false};
    struct draft d;
    uint64_t number = job_number(id);
    bool answered = number > 0 && report_job_json(r->report, number, draft_begin(&d));
    if (number == 0)
        return answer_nothing(m, req);
    fflush(d.out);
    if (answered && d.n > 0)
        return answer_tagged(m, &d, "application/json");
    fclose(d.out);
    free(d.bytes);
    return answered ? answer_nothing(m, req) : answer_error(m, req, &busy);
}

static enum MHD_Result answer_asset(struct MHD_Connection *m, const struct asset *a)
{
    const char *known = request_header(m, "If-None-Match");
    const char *coding = request_header(m, "Accept-Encoding");
    bool same = known && strstr(known, a->tag), gzip = coding && strstr(coding, "gzip");
    const char *bytes = gzip ? a->gzip : a->plain;
    size_t n = (size_t)(gzip ? a->gzip_end - bytes : a->plain_end - bytes);
    struct MHD_Response *r = MHD_create_response_from_buffer(
        same ? 0 : n, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    if (!r)
        abort();
    add_header(r, "Content-Type", a->type);
    add_header(r, "ETag", a->tag);
    add_header(r, "Cache-Control", "no-cache");
    add_header(r, "Vary", "Accept-Encoding");
    if (gzip && !same)
        add_header(r, "Content-Encoding", "gzip");
    return route_answer_with(m, r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK);
}

static enum MHD_Result answer_url(const struct route *r, struct MHD_Connection *m,
                                  const struct http_request *req)
{
    const char *url = req->url;
    bool root = !strcmp(url, "/");
    const struct asset *asset = page_asset(root ? "index.html" : url + 1);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        if (!strcmp(url, pages[i].url) &&
            (pages[i].report != report_join_text || r->report->join))
            return answer_page(r, m, req, pages[i].type, pages[i].report);
    if (root && !wants_html(m))
        return answer_page(r, m, req, "text/plain; charset=utf-8", report_status_text);
    if (asset)
        return answer_asset(m, asset);
    if (!strncmp(url, JOB_URL, strlen(JOB_URL)))
        return answer_job(r, m, req, url + strlen(JOB_URL));
    return answer_nothing(m, req);
}

/* ---- access ---- */

static bool is_read(const struct http_request *req)
{
    return !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
}

static struct refusal refusal(const struct route *r, struct MHD_Connection *m,
                              const struct http_request *req)
{
    const char *host = request_header(m, "Host");
    const char *site = request_header(m, "Sec-Fetch-Site");
    const char *mode = request_header(m, "Sec-Fetch-Mode");
    bool other_site = site && strcmp(site, "same-origin") != 0 &&
                      strcmp(site, "none") != 0 && !(mode && !strcmp(mode, "navigate"));
    if (!view_policy_may_look(r->policy, req->local))
        return (struct refusal){
            MHD_HTTP_FORBIDDEN, "FORBIDDEN",
            "this picoord answers only its own machine",
            "whoever started it can let others look: picoord --room, or --view open",
            false};
    if (!view_policy_takes_host(r->policy, host))
        return (struct refusal){
            MHD_HTTP_MISDIRECTED_REQUEST, "MISDIRECTED",
            "this picoord does not go by that name",
            "use its address, or start it with --view open --view-host NAME", true};
    if (other_site || !view_policy_takes_origin(request_header(m, "Origin"), host))
        return (struct refusal){MHD_HTTP_FORBIDDEN, "FORBIDDEN",
                                "pages of other sites may not read this one",
                                "open this address in a tab of its own", true};
    return (struct refusal){0};
}

bool route_is_stream(const struct route *r, struct MHD_Connection *m,
                     const struct http_request *req)
{
    return !strcmp(req->url, EVENTS_URL) && is_read(req) &&
           refusal(r, m, req).status == 0;
}

unsigned route_hz(struct MHD_Connection *m)
{
    const char *hz = MHD_lookup_connection_value(m, MHD_GET_ARGUMENT_KIND, "hz");
    long n = hz ? strtol(hz, NULL, 10) : HZ_DEFAULT;
    return n < 1 ? 1 : n > HZ_MAX ? HZ_MAX : (unsigned)n;
}

enum MHD_Result route_answer(const struct route *r, struct MHD_Connection *m,
                             const struct http_request *req)
{
    static const struct refusal read_only = {
        MHD_HTTP_METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "HTTP is read only here",
        "use pictl", false};
    if (!is_read(req))
        return answer_error(m, req, &read_only);
    if (!strcmp(req->url, "/healthz"))
        return answer_health(m);
    if (!strcmp(req->url, "/readyz"))
        return answer_ready(r, m);
    struct refusal why = refusal(r, m, req);
    return why.status ? answer_error(m, req, &why) : answer_url(r, m, req);
}
