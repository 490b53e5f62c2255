// SPDX-License-Identifier: MIT
#include "server/view/route.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_writer.h"
#include "common/wire/names.h"
#include "server/view/filter.h"
#include "server/view/page.h"
#include "server/view/worker_file.h"

#define EVENTS_URL "/api/v1/events"
#define JOB_URL "/api/v1/jobs/"
#define CSP                                                                            \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "        \
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { TAG_BYTES = 96, URL_BYTES = ADDRESS_BYTES + 16 };

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

static bool wants_html(const struct http_head *h)
{
    for (struct http_item it = {0}; http_head_item(h, "Accept", &it);)
        if (http_item_is(&it, "text/html"))
            return it.q > 0;
    return false;
}

/* Where the page is for a client that came by a name that is not known here: the
 * address which that name has led to. */
static const char *url_of(const struct http_request *req, char ret[URL_BYTES])
{
    const char *port = strrchr(req->address, ':'),
               *scheme = req->tls ? "https" : "http";
    ret[0] = '\0';
    if (port && req->local)
        snprintf(ret, URL_BYTES, "%s://localhost%s/", scheme, port);
    else if (port && !req->head->forwarded)
        snprintf(ret, URL_BYTES, "%s://%s/", scheme, req->address);
    return ret;
}

static void write_error(FILE *out, const char *code, const char *message,
                        const char *hint)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_begin_object(&w, "error");
    json_put_text(&w, "code", code);
    json_put_text(&w, "message", message);
    json_put_text(&w, "hint", hint);
    json_end(&w);
    json_end_line(&w);
}

/* As a page where a browser asks.  req: NULL where it is not known what is asked for.
 */
static enum MHD_Result answer_error(struct MHD_Connection *m,
                                    const struct http_request *req, unsigned status,
                                    const char *code, const char *message,
                                    const char *hint)
{
    struct draft d;
    char url[URL_BYTES] = "";
    bool html = req && wants_html(req->head);
    FILE *out = draft_begin(&d);
    if (html && status == MHD_HTTP_MISDIRECTED_REQUEST)
        url_of(req, url);
    if (html)
        page_refusal(out, message, hint, url);
    else
        write_error(out, code, message, hint);
    struct MHD_Response *r =
        draft_end(&d, html ? "text/html; charset=utf-8" : "application/json");
    add_header(r, "Cache-Control", "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(r, "Allow", "GET, HEAD");
    if (!strcmp(code, "FULL"))
        add_header(r, "Retry-After", "10");
    return route_answer_with(m, r, status);
}

enum MHD_Result route_refuse(struct MHD_Connection *m, unsigned status, const char *why)
{
    static const struct {
        unsigned status;
        const char *code, *hint;
    } refusals[] = {
        {MHD_HTTP_REQUEST_TIMEOUT, "TIMEOUT", ""},
        {MHD_HTTP_URI_TOO_LONG, "TOO_LONG", "the longest has 2 KiB"},
        {MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "TOO_LONG", "32 KiB is the most"},
        {MHD_HTTP_NOT_IMPLEMENTED, "NOT_IMPLEMENTED", ""},
        {MHD_HTTP_SERVICE_UNAVAILABLE, "FULL", "try again in ten seconds"},
        {MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED, "VERSION", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        if (refusals[i].status == status)
            return answer_error(m, NULL, status, refusals[i].code, why,
                                refusals[i].hint);
    return answer_error(m, NULL, status, "BAD_REQUEST", why, "");
}

bool route_is_probe(const char *url)
{
    return !strcmp(url, "/healthz") || !strcmp(url, "/readyz") ||
           !strcmp(url, "/metrics");
}

/* Whether If-None-Match names the tag, in quotes; weak ones are equal. */
static bool is_known(const struct http_head *h, const char *tag)
{
    for (struct http_item it = {0}; http_head_item(h, "If-None-Match", &it);) {
        size_t weak = it.n > 2 && !memcmp(it.text, "W/", 2) ? 2 : 0;
        if (http_item_is(&it, "*") ||
            (it.n - weak == strlen(tag) && !memcmp(it.text + weak, tag, it.n - weak)))
            return true;
    }
    return false;
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
static enum MHD_Result answer_tagged(struct MHD_Connection *m,
                                     const struct http_head *h, struct draft *d,
                                     const char *type)
{
    char tag[1 + 16 + 1 + 1];
    fflush(d->out);
    snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"", fnv1a(d->bytes, d->n));
    bool same = is_known(h, tag);
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
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", report_metrics},
    {"/status", "text/html; charset=utf-8", page_status},
    {"/join", "text/plain; charset=utf-8", report_join_text},
};

/* Lists, of which the parameters say how much. */
static const struct list {
    const char *url;
    bool (*report)(struct report *s, uint32_t states, FILE *out);
} lists[] = {
    {"/api/v1/jobs", report_jobs_in},
    {"/api/v1/workers", report_workers_in},
};

/* answered: what was asked for is in the draft. */
static enum MHD_Result answer_draft(struct MHD_Connection *m,
                                    const struct http_request *req, const char *type,
                                    struct draft *d, bool answered)
{
    if (answered)
        return answer_tagged(m, req->head, d, type);
    fclose(d->out);
    free(d->bytes);
    return answer_error(m, req, MHD_HTTP_SERVICE_UNAVAILABLE, "STOPPING",
                        "the coordinator is stopping", "");
}

static enum MHD_Result answer_page(const struct route *r, struct MHD_Connection *m,
                                   const struct http_request *req, const char *type,
                                   bool (*report)(struct report *, FILE *))
{
    struct draft d;
    bool answered = report(r->report, draft_begin(&d));
    return answer_draft(m, req, type, &d, answered);
}

static enum MHD_Result answer_list(const struct route *r, struct MHD_Connection *m,
                                   const struct http_request *req, const struct list *l,
                                   uint32_t states)
{
    struct draft d;
    bool answered = l->report(r->report, states, draft_begin(&d));
    return answer_draft(m, req, "application/json", &d, answered);
}

static enum MHD_Result answer_nothing(struct MHD_Connection *m,
                                      const struct http_request *req)
{
    return answer_error(
        m, req, MHD_HTTP_NOT_FOUND, "NOT_FOUND", "there is nothing at this address",
        "try /, /api/v1/status, /api/v1/jobs, /api/v1/workers, " EVENTS_URL
        ", /metrics, /healthz, /readyz");
}

static enum MHD_Result answer_job(const struct route *r, struct MHD_Connection *m,
                                  const struct http_request *req, const char *id)
{
    struct draft d;
    uint64_t number = job_number(id);
    bool answered = number > 0 && report_job_json(r->report, number, draft_begin(&d));
    if (number == 0)
        return answer_nothing(m, req);
    fflush(d.out);
    if (answered && d.n > 0)
        return answer_tagged(m, req->head, &d, "application/json");
    fclose(d.out);
    free(d.bytes);
    if (answered)
        return answer_error(m, req, MHD_HTTP_NOT_FOUND, "NO_SUCH_JOB",
                            "there is no job of that number",
                            "/api/v1/jobs lists them");
    return answer_error(m, req, MHD_HTTP_SERVICE_UNAVAILABLE, "BUSY",
                        "the ledger cannot be read right now", "ask again in a moment");
}

/* Whether gzip is acceptable, and no less than what is not compressed. */
static bool wants_gzip(const struct http_head *h)
{
    int gzip = -1, plain = -1, any = -1;
    for (struct http_item it = {0}; http_head_item(h, "Accept-Encoding", &it);) {
        if (http_item_is(&it, "gzip") || http_item_is(&it, "x-gzip"))
            gzip = (int)it.q;
        else if (http_item_is(&it, "identity"))
            plain = (int)it.q;
        else if (http_item_is(&it, "*"))
            any = (int)it.q;
    }
    gzip = gzip < 0 ? any : gzip;
    return gzip > 0 && gzip >= plain;
}

/* Both forms of a file have a tag of their own, since their bytes differ. */
static enum MHD_Result answer_asset(struct MHD_Connection *m, const struct http_head *h,
                                    const struct asset *a)
{
    char tag[TAG_BYTES];
    bool gzip = wants_gzip(h);
    int n_tag = (int)strlen(a->tag) - 1; /* its last quote */
    snprintf(tag, sizeof(tag), "%.*s%s\"", n_tag, a->tag, gzip ? "-gzip" : "");
    bool same = is_known(h, tag);
    const char *bytes = gzip ? a->gzip : a->plain;
    size_t n = (size_t)(gzip ? a->gzip_end - bytes : a->plain_end - bytes);
    struct MHD_Response *r = MHD_create_response_from_buffer(
        same ? 0 : n, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    if (!r)
        abort();
    add_header(r, "Content-Type", a->type);
    add_header(r, "ETag", tag);
    add_header(r, "Cache-Control", "no-cache");
    add_header(r, "Vary", "Accept-Encoding");
    if (gzip && !same)
        add_header(r, "Content-Encoding", "gzip");
    return route_answer_with(m, r, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK);
}

static enum MHD_Result answer_worker(struct MHD_Connection *m,
                                     const struct http_request *req, const char *name)
{
    uint64_t bytes;
    int fd = worker_file_open(name, &bytes);
    if (fd == -ENOENT)
        return answer_nothing(m, req);
    if (fd < 0)
        return answer_error(m, req, MHD_HTTP_INTERNAL_SERVER_ERROR, "UNREADABLE",
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
                                  const struct http_request *req)
{
    const char *url = req->url;
    const struct http_head *h = req->head;
    bool root = !strcmp(url, "/");
    const struct asset *asset = page_asset(root ? "index.html" : url + 1);
    struct filter filter;
    filter_read(m, url, &filter);
    if (*filter.why)
        return answer_error(m, req, MHD_HTTP_BAD_REQUEST, "BAD_REQUEST", filter.why,
                            "/api/v1/jobs?state=running,paused; "
                            "/api/v1/workers?state=busy; " EVENTS_URL "?hz=4");
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        if (!strcmp(url, lists[i].url))
            return answer_list(r, m, req, &lists[i], filter.states);
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
        if (!strcmp(url, pages[i].url) &&
            (pages[i].report != report_join_text || r->report->join))
            return answer_page(r, m, req, pages[i].type, pages[i].report);
    if (root && !wants_html(h))
        return answer_page(r, m, req, "text/plain; charset=utf-8", report_status_text);
    if (asset)
        return answer_asset(m, h, asset);
    if (!strncmp(url, JOB_URL, strlen(JOB_URL)))
        return answer_job(r, m, req, url + strlen(JOB_URL));
    if (r->report->fetch && !strncmp(url, WORKER_URL, strlen(WORKER_URL)))
        return answer_worker(m, req, url + strlen(WORKER_URL));
    return answer_nothing(m, req);
}

/* ---- access ---- */

static bool is_read(const struct http_request *req)
{
    return !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
}

/* The files of the page are the same for everybody, and no secret.  Browsers send
 * Origin for scripts, and behind a proxy that need not be a name known here. */
static bool is_page_file(const struct http_request *req)
{
    return !strcmp(req->url, "/") ? wants_html(req->head)
                                  : page_asset(req->url + 1) != NULL;
}

/* Whether a page of another site asks.  Browsers say so, but only where they trust the
 * address; others send Origin at most. */
static bool is_of_other_site(const struct route *r, const struct http_head *h)
{
    const char *site = http_head_field(h, "Sec-Fetch-Site");
    const char *mode = http_head_field(h, "Sec-Fetch-Mode");
    if (!site)
        return !view_policy_takes_origin(r->policy, http_head_field(h, "Origin"));
    return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 &&
           !(mode && !strcmp(mode, "navigate"));
}

/* 0 if the request is permitted; else the status, and *ret is code, message, hint. */
static unsigned refusal(const struct route *r, const struct http_request *req,
                        const char *ret[3])
{
    const struct http_head *h = req->head;
    ret[0] = "FORBIDDEN";
    ret[1] = h->forwarded ? "this picoord answers only its own machine, and no proxy"
             : h->old     ? "this picoord answers only its own machine, by HTTP/1.1"
                          : "this picoord answers only its own machine";
    ret[2] = "whoever started it can let others look: picoord --room, or --view open";
    if (!view_policy_may_look(r->policy, req->local))
        return MHD_HTTP_FORBIDDEN;
    ret[0] = "MISDIRECTED";
    ret[1] = "this picoord does not go by that name";
    ret[2] = "use its address, or start it with --view-host NAME";
    if (!view_policy_takes_host(r->policy, h->host))
        return MHD_HTTP_MISDIRECTED_REQUEST;
    ret[0] = "FORBIDDEN";
    ret[1] = "pages of other sites may not read this one";
    ret[2] = "open this address in a tab of its own";
    if (!is_page_file(req) && is_of_other_site(r, h))
        return MHD_HTTP_FORBIDDEN;
    return 0;
}

unsigned route_stream_hz(const struct route *r, struct MHD_Connection *m,
                         const struct http_request *req)
{
    const char *error[3];
    struct filter filter;
    if (strcmp(req->url, EVENTS_URL) != 0 || !is_read(req) || refusal(r, req, error))
        return 0;
    filter_read(m, req->url, &filter);
    return *filter.why ? 0 : filter.hz;
}

enum MHD_Result route_answer(const struct route *r, struct MHD_Connection *m,
                             const struct http_request *req)
{
    const char *error[3];
    if (!is_read(req))
        return answer_error(m, req, MHD_HTTP_METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
                            "HTTP is read only here", "use pictl");
    if (!strcmp(req->url, "/healthz"))
        return answer_health(m);
    if (!strcmp(req->url, "/readyz"))
        return answer_ready(r, m);
    unsigned status = refusal(r, req, error);
    if (status)
        return answer_error(m, req, status, error[0], error[1], error[2]);
    return answer_url(r, m, req);
}
