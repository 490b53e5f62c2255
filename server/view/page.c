// SPDX-License-Identifier: MIT
#include "server/view/page.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/base/format.h"
#include "common/cli/job_format.h"
#include "common/wire/names.h"

const struct asset *page_asset(const char *name)
{
    for (const struct asset *a = page_assets; a->name; a++)
        if (!strcmp(a->name, name))
            return a;
    return NULL;
}

/* Texts of views are printable ASCII.  They stand between tags, never in attributes, so
 * quotes need no escape. */
static void print_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            putc(*text, out);
    }
}

static void print_row(FILE *out, const char *label, const char *value)
{
    fprintf(out, "<tr><th scope=\"row\">%s</th><td>", label);
    print_escaped(out, value);
    fputs("</td></tr>\n", out);
}

static void print_job_rows(FILE *out, const struct job_view *j)
{
    char text[FORMAT_MAX], other[FORMAT_MAX], line[2 * FORMAT_MAX + 16],
        id[JOB_ID_BYTES], program[JOB_PROGRAM_BYTES];
    double fraction = job_view_fraction(j), half = (j->ci_high - j->ci_low) / 2;
    int64_t eta_ms = job_view_eta_ms(j);
    print_row(out, "job", job_id_text(id, j->number));
    if (*j->program)
        print_row(out, "program", job_program_text(program, j));
    print_row(out, "state", job_state_name(j->state));
    if (isfinite(j->pi)) {
        int decimals = format_decimals_for(half);
        snprintf(line, sizeof(line), "%s +- %s (95 %%)",
                 job_estimate_text(text, sizeof(text), j->pi, decimals),
                 job_estimate_text(other, sizeof(other), half, decimals));
        print_row(out, job_estimate_name(j), line);
    }
    if (isfinite(fraction)) {
        snprintf(line, sizeof(line), "%.1f %%", job_view_percent(fraction));
        print_row(out, "done", line);
    }
    print_row(out, "trials", format_grouped(text, sizeof(text), j->done));
    print_row(out, "hits", format_grouped(text, sizeof(text), j->hits));
    if (!job_view_ended(j->state))
        print_row(out, "rate", format_rate(text, sizeof(text), j->rate));
    if (eta_ms >= 0)
        print_row(out, "to go", format_duration(text, sizeof(text), eta_ms));
    if (*j->reason)
        print_row(out, "reason", j->reason);
    if (*j->doubt)
        print_row(out, "in doubt", j->doubt);
}

bool page_status(struct report *s, FILE *out)
{
    struct status_view v;
    char text[FORMAT_MAX];
    if (!report_status(s, &v))
        return false;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"refresh\" content=\"5\">\n<title>picoord</title>\n"
          "<link rel=\"stylesheet\" href=\"status.css\">\n"
          "<link rel=\"icon\" href=\"icon.svg\"></head>\n"
          "<body>\n<h1>picoord</h1>\n<table>\n",
          out);
    if (v.job)
        print_job_rows(out, v.job);
    else
        print_row(out, "job", "none yet: pictl submit --trials 200G");
    snprintf(text, sizeof(text), "%" PRIu32 " (%" PRIu32 " threads)", v.workers,
             v.threads);
    print_row(out, "workers", text);
    print_row(out, "coordinator", coord_state_name(v.state));
    if (*v.reason)
        print_row(out, "", v.reason);
    if (*v.audits.help) {
        print_row(out, "audits behind by",
                  format_duration(text, sizeof(text), v.audits.wait_ms));
        print_row(out, "what helps", v.audits.help);
    }
    print_row(out, "up", format_duration(text, sizeof(text), v.uptime_ms));
    print_row(out, "version", v.version);
    fputs("</table>\n<p>The same as <a href=\"api/v1/status\">JSON</a> and "
          "<a href=\"metrics\">metrics</a>.</p>\n</body>\n</html>\n",
          out);
    return true;
}

static void print_sentence(FILE *out, const char *text)
{
    const char first[] = {(char)toupper((unsigned char)*text), '\0'};
    fputs("<p>", out);
    print_escaped(out, first);
    print_escaped(out, text + 1);
    fputs(".</p>\n", out);
}

void page_refusal(FILE *out, const char *what, const char *hint, const char *url)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>picoord</title></head>\n<body>\n<h1>picoord</h1>\n",
          out);
    print_sentence(out, what);
    if (*hint)
        print_sentence(out, hint);
    if (*url)
        fprintf(out, "<p>Open <a href=\"%s\">%s</a></p>\n", url, url);
    fputs("</body>\n</html>\n", out);
}
