// SPDX-License-Identifier: MIT
#include "server/view/route.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_writer.h"
#include "server/view/page.h"
#include "server/view/worker_file.h"

#define EVENTS_URL "/api/v1/events"
#define CSP                                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "        \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { HZ_DEFAULT = 4, HZ_MAX = 20 };

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

static enum MHD_Result answer_error(struct MHD_Connection *m, unsigned status,
                                    const char *code, const char *message,
                                    const char *hint)
{
    struct draft d;
    struct json_writer w = json_to_stream(draft_begin(&d));
    json_begin_object(&w, NULL);
    json_begin_object(&w, "error");
    json_put_text(&w, "code", code);
    json_put_text(&w, "message", message);
    json_put_text(&w, "hint", hint);
    json_end(&w);
    json_end_line(&w);
    struct MHD_Response *r = draft_end(&d, "application/json");
    add_header(r, "Cache-Control", "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(r, "Allow", "GET, HEAD");
    return route_answer_with(m, r, status);
}

static const char *request_header(struct MHD_Connection *m, const char *name)
{
    return MHD_lookup_connection_value(m, MHD_HEADER_KIND, name);
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
                                   const char *type,
                                   bool (*report)(struct report *, FILE *))
{
    struct draft d;
    if (report(r->report, draft_begin(&d)))
        return answer_tagged(m, &d, type);
    fclose(d.out);
    free(d.bytes);
    return answer_error(m, MHD_HTTP_SERVICE_UNAVAILABLE, "STOPPING",
                        "the coordinator is stopping", "");
}

static bool wants_html(struct MHD_Connection *m)
{
    const char *accept = request_header(m, "Accept");
    return accept && strstr(accept, "text/html");
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

static enum MHD_Result answer_nothing(struct MHD_Connection *m)
{
    return answer_error(
        m, MHD_HTTP_NOT_FOUND, "NOT_FOUND", "there is nothing at this address",
        "try /, /api/v1/status, /api/v1/jobs, /api/v1/workers, " EVENTS_URL
        ", /metrics, /healthz, /readyz");
}

static enum MHD_Result answer_worker(struct MHD_Connection *m, const char *name)
{
    uint64_t bytes;
    int fd = worker_file_open(name, &bytes);
    if (fd == -ENOENT)
        return answer_nothing(m);
    if (fd < 0)
        return answer_error(m, MHD_HTTP_INTERNAL_SERVER_ERROR, "UNREADABLE",
                            "the file of that worker cannot be read",
                            "look at it in lib/picoord/worker beside picoord's folder");
    struct MHD_Response *r = MHD_create_response_from_fd64(bytes, fd);
    if (!r)
        abort();
    add_header(r, "Content-Type", "application/octet-stream");
    add_header(r, "Cache-Control", "no-cache");
    return route_answer_with(m, r, MHD_HTTP_OK);
}

static enum MHD_Result answer_url(const struct route *r, struct MHD_Connection *m,
                                  const char *url)
{
    bool root = !strcmp(url, "/");
    const struct asset *asset = page_asset(root ? "index.html" : url + 1);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        if (!strcmp(url, pages[i].url) &&
            (pages[i].report != report_join_text || r->report->join))
            return answer_page(r, m, pages[i].type, pages[i].report);
    if (root && !wants_html(m))
        return answer_page(r, m, "text/plain; charset=utf-8", report_status_text);
    if (asset)
        return answer_asset(m, asset);
    if (r->report->fetch && !strncmp(url, WORKER_URL, sizeof(WORKER_URL) - 1))
        return answer_worker(m, url + sizeof(WORKER_URL) - 1);
    return answer_nothing(m);
}

/* ---- access ---- */

static bool is_read(const struct http_request *req)
{
    return !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
}

/* 0 if the request is permitted; else the status, and *ret is code, message, hint. */
static unsigned refusal(const struct route *r, struct MHD_Connection *m,
                        const struct http_request *req, const char *ret[3])
{
    const char *host = request_header(m, "Host");
    const char *site = request_header(m, "Sec-Fetch-Site");
    const char *mode = request_header(m, "Sec-Fetch-Mode");
    bool other_site = site && strcmp(site, "same-origin") != 0 &&
                      strcmp(site, "none") != 0 && !(mode && !strcmp(mode, "navigate"));
    ret[0] = "FORBIDDEN";
    ret[1] = "this picoord answers only its own machine";
    ret[2] = "start it with --view open to answer others";
    if (!view_policy_may_look(r->policy, req->local))
        return MHD_HTTP_FORBIDDEN;
    ret[0] = "MISDIRECTED";
    ret[1] = "this picoord does not go by that name";
    ret[2] = "use its address, or start it with --view open --view-host NAME";
    if (!view_policy_takes_host(r->policy, host))
        return MHD_HTTP_MISDIRECTED_REQUEST;
    ret[0] = "FORBIDDEN";
    ret[1] = "pages of other sites may not read this one";
    ret[2] = "open this address in a tab of its own";
    if (other_site || !view_policy_takes_origin(request_header(m, "Origin"), host))
        return MHD_HTTP_FORBIDDEN;
    return 0;
}

bool route_is_stream(const struct route *r, struct MHD_Connection *m,
                     const struct http_request *req)
{
    const char *error[3];
    return !strcmp(req->url, EVENTS_URL) && is_read(req) &&
           refusal(r, m, req, error) == 0;
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
    const char *error[3];
    if (!is_read(req))
        return answer_error(m, MHD_HTTP_METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
                            "HTTP is read only here", "use pictl");
    if (!strcmp(req->url, "/healthz"))
        return answer_health(m);
    if (!strcmp(req->url, "/readyz"))
        return answer_ready(r, m);
    unsigned status = refusal(r, m, req, error);
    if (status)
        return answer_error(m, status, error[0], error[1], error[2]);
    return answer_url(r, m, req->url);
}
