// SPDX-License-Identifier: MIT
#include "common/cli/job_format.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/format.h"
#include "common/wire/wire.h"

enum {
    BAR_MIN = 8, /* cells; a shorter bar is left out */
    BAR_MAX = 60,
};

const char *job_id_text(char buf[JOB_ID_BYTES], uint64_t number)
{
    snprintf(buf, JOB_ID_BYTES, "j-%" PRIu64, number);
    return buf;
}

bool job_view_ended(enum job_state state)
{
    return state == JOB_DONE || state == JOB_CANCELLED || state == JOB_FAILED;
}

/* The estimated final number of trials; 0 if unknown.  The standard error falls with
 * the square root of the trials, so its current value tells how many are needed. */
static double trials_expected(const struct job_view *j)
{
    if (j->trials > 0)
        return (double)j->trials;
    if (j->rule == STOP_STDERR && j->done > 0 && j->stderr_ > 0) {
        double ratio = j->stderr_ / j->until_stderr;
        return (double)j->done * fmax(ratio * ratio, 1);
    }
    return 0;
}

double job_view_fraction(const struct job_view *j)
{
    if (j->state == JOB_DONE)
        return 1;
    double fraction = NAN;
    if (j->rule == STOP_TIME && j->trials == 0)
        fraction = (double)j->elapsed_ms / (double)j->for_ms;
    else if (trials_expected(j) > 0)
        fraction = (double)j->done / trials_expected(j);
    else if (j->done == 0)
        fraction = 0;
    return fraction > 1 ? 1 : fraction;
}

int64_t job_view_eta_ms(const struct job_view *j)
{
    if (job_view_ended(j->state) || j->state == JOB_PAUSED || *j->reason)
        return -1;
    if (j->rule == STOP_TIME && j->trials == 0)
        return j->elapsed_ms < j->for_ms ? j->for_ms - j->elapsed_ms : 0;
    double left = trials_expected(j) - (double)j->done;
    if (!(j->rate > 0) || !(left >= 0) || !(left / j->rate < 1e12))
        return -1;
    return (int64_t)(1000 * left / j->rate);
}

double job_view_percent(double fraction)
{
    /* 1e-9 corrects for 0.629 * 1000 being 628.99... */
    return fraction >= 1 ? 100 : fmin(floor(fraction * 1000 + 1e-9) / 10, 99.9);
}

double job_view_average_rate(const struct job_view *j)
{
    return j->elapsed_ms > 0 ? 1000 * (double)j->done / (double)j->elapsed_ms : 0;
}

static double half_width(const struct job_view *j)
{
    return (j->ci_high - j->ci_low) / 2;
}

void job_print(FILE *out, const struct job_view *j)
{
    char text[FORMAT_MAX];
    bool known = isfinite(j->pi);
    int decimals = known ? format_decimals_for(half_width(j)) : 0;
    if (j->state != JOB_DONE)
        fprintf(out, "state          %s%s%s\n", job_state_name(j->state),
                *j->reason ? ": " : "", j->reason);
    if (known)
        fprintf(out, "pi             %.9f\n", j->pi);
    else
        fprintf(out, "pi             n/a\n");
    fprintf(out, "hits           %" PRIu64 "\n", j->hits);
    fprintf(out, "trials         %" PRIu64, j->done);
    if (j->done != j->trials && j->trials > 0)
        fprintf(out, " of %" PRIu64, j->trials);
    if (j->verified_done != j->done)
        fprintf(out, "\nverified       %" PRIu64 " trials, %" PRIu64 " hits",
                j->verified_done, j->verified_hits);
    fprintf(out, "\nseed           %" PRIu64 "\n", j->seed);
    if (known) {
        fprintf(out, "stderr         %.*f\n", format_decimals_for(j->stderr_),
                j->stderr_);
        fprintf(out, "95 %% interval  %.*f to %.*f\n", decimals, j->ci_low, decimals,
                j->ci_high);
    } else {
        fprintf(out, "stderr         n/a\n95 %% interval  n/a\n");
    }
    fprintf(out, "elapsed        %s\n",
            format_duration(text, sizeof(text), j->elapsed_ms));
    double rate = job_view_average_rate(j);
    if (rate > 0)
        fprintf(out, "rate           %s\n", format_rate(text, sizeof(text), rate));
    else
        fprintf(out, "rate           n/a\n");
}

/* A line under construction in a fixed buffer, with its width in columns. */
struct progress_line {
    char *buf;
    size_t size, length;
    unsigned columns, width;
};

/* Text that does not fit is left out whole, so no UTF-8 character is ever cut. */
static void append(struct progress_line *l, const char *text, unsigned columns)
{
    size_t n = strlen(text);
    if (l->length + n >= l->size || l->columns + columns >= l->width)
        return;
    memcpy(l->buf + l->length, text, n + 1);
    l->length += n;
    l->columns += columns;
}

__attribute__((format(printf, 2, 3))) static void appendf(struct progress_line *l,
                                                          const char *format, ...)
{
    char text[JOB_LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    append(l, text, (unsigned)strlen(text));
}

static struct progress_line line_in(char *buf, size_t size, unsigned width)
{
    assert(size > 0);
    buf[0] = '\0';
    return (struct progress_line){.buf = buf, .size = size, .width = width};
}

/* Appends a reason between `before` and `after`, cut to the free width. */
static void append_reason(struct progress_line *l, const char *before,
                          const char *reason, const char *after)
{
    char text[TEXT_BYTES + 4];
    size_t room = l->width - l->columns, fixed = strlen(before) + strlen(after) + 1;
    if (!*reason || room < fixed + 8)
        return;
    room -= fixed;
    if (room > sizeof(text))
        room = sizeof(text);
    append(l, before, (unsigned)strlen(before));
    format_escape_str(text, room, reason);
    for (char *quote = text; (quote = strchr(quote, '"'));)
        *quote = '\''; /* no quotes inside the quotes */
    append(l, text, (unsigned)strlen(text));
    append(l, after, (unsigned)strlen(after));
}

static void plain_line(struct progress_line *l, const struct job_view *j)
{
    char text[JOB_ID_BYTES];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    appendf(l, "%s %s", job_id_text(text, j->number), job_state_name(j->state));
    if (isfinite(fraction))
        appendf(l, " %.1f%%", job_view_percent(fraction));
    if (isfinite(j->pi)) {
        int decimals = format_decimals_for(half_width(j));
        appendf(l, " pi=%.*f pm=%.*f", decimals, j->pi, decimals, half_width(j));
    }
    appendf(l, " done=%" PRIu64, j->done);
    if (j->trials > 0)
        appendf(l, " trials=%" PRIu64, j->trials);
    appendf(l, " rate=%.0f", isfinite(j->rate) ? j->rate : 0);
    if (eta_ms >= 0)
        appendf(l, " eta=%" PRId64 "s", (eta_ms + 999) / 1000);
    append_reason(l, " reason=\"", j->reason, "\"");
}

/* "pi 3.141 590 7 +- 0.000 009 1"; without an estimate, the state and its reason. */
static void append_headline(struct progress_line *l, const struct job_view *j,
                            enum job_line style)
{
    char text[FORMAT_MAX];
    if (j->state != JOB_RUNNING || !isfinite(j->pi)) {
        appendf(l, "%s ", job_id_text(text, j->number));
        appendf(l, "%s", job_state_name(j->state));
        append_reason(l, ": ", j->reason, "");
        append(l, "  ", 2);
    }
    if (!isfinite(j->pi))
        return;
    int decimals = format_decimals_for(half_width(j));
    appendf(l, "pi %s ", format_decimals(text, sizeof(text), j->pi, decimals));
    append(l, style == JOB_LINE_UTF8 ? "±" : "+-", style == JOB_LINE_UTF8 ? 1 : 2);
    appendf(l, " %s  ", format_decimals(text, sizeof(text), half_width(j), decimals));
}

static void append_figures(struct progress_line *l, const struct job_view *j)
{
    char text[FORMAT_MAX];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    if (isfinite(fraction))
        appendf(l, "%5.1f %%", job_view_percent(fraction));
    if (j->rate > 0)
        appendf(l, "  %s", format_rate(text, sizeof(text), j->rate));
    if (eta_ms >= 0)
        appendf(l, "  eta %s", format_duration(text, sizeof(text), eta_ms));
}

static void ascii_bar(struct progress_line *l, double fraction, unsigned cells)
{
    unsigned full = (unsigned)(fraction * cells);
    append(l, "[", 1);
    for (unsigned i = 0; i < cells; i++)
        append(l, i < full ? "#" : "-", 1);
    append(l, "]", 1);
}

/* Block characters show eighths, so the bar advances in eighths of a cell. */
static void utf8_bar(struct progress_line *l, double fraction, unsigned cells)
{
    static const char *const eighths[] = {"░", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    unsigned full = (unsigned)(fraction * cells * 8);
    for (unsigned i = 0; i < cells; i++) {
        unsigned before = 8 * i;
        unsigned here = full <= before ? 0 : full - before > 8 ? 8 : full - before;
        append(l, eighths[here], 1);
    }
}

/* The bar fills the space between the texts.  The last column stays free, because a
 * terminal may wrap when it is written. */
static void append_bar(struct progress_line *l, const struct job_view *j,
                       enum job_line style)
{
    double fraction = job_view_fraction(j);
    unsigned borders = style == JOB_LINE_ASCII ? 2 : 0, gap = 2;
    if (!isfinite(fraction) || l->columns + borders + gap + BAR_MIN >= l->width)
        return;
    unsigned cells = l->width - 1 - l->columns - borders - gap;
    if (cells > BAR_MAX)
        cells = BAR_MAX;
    if (style == JOB_LINE_ASCII)
        ascii_bar(l, fraction, cells);
    else
        utf8_bar(l, fraction, cells);
    append(l, "  ", gap);
}

void job_progress_line(char *buf, size_t n, const struct job_view *j, unsigned width,
                       enum job_line style)
{
    if (style == JOB_LINE_PLAIN) {
        struct progress_line l = line_in(buf, n, UINT_MAX);
        plain_line(&l, j);
        return;
    }
    char right[JOB_LINE_BYTES];
    struct progress_line r = line_in(right, sizeof(right), width);
    append_figures(&r, j);
    struct progress_line l = line_in(buf, n, width > r.columns ? width - r.columns : 1);
    append_headline(&l, j, style);
    append_bar(&l, j, style);
    l.width = width;
    append(&l, right, r.columns);
}
