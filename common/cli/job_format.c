// SPDX-License-Identifier: MIT
#include "common/cli/job_format.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/estimate.h"
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

static bool has_program(const struct job_view *j)
{
    return j->program && *j->program;
}

const char *job_estimate_name(const struct job_view *j)
{
    if (!has_program(j))
        return "pi";
    return j->scale < 1 || j->scale > 1 ? "x" : "p";
}

const char *job_estimate_text(char *buf, size_t size, double value, int decimals)
{
    if (fabs(value) < 1e6)
        return format_decimals(buf, size, value, decimals);
    snprintf(buf, size, "%.12g", value);
    return buf;
}

const char *job_program_text(char buf[JOB_PROGRAM_BYTES], const struct job_view *j)
{
    bool any = has_program(j);
    snprintf(buf, JOB_PROGRAM_BYTES, "%s%s%s", any ? j->program : "",
             any && *j->arg ? " " : "", any ? j->arg : "");
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
    if (j->rule != STOP_STDERR)
        return 0;
    if (j->done == 0 || !(j->stderr_ > 0)) /* nothing is known of a program's p yet */
        return has_program(j) ? 0 : estimate_trials_needed(j->until_stderr);
    double ratio = j->stderr_ / j->until_stderr;
    return (double)j->done * fmax(ratio * ratio, 1);
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
    char text[FORMAT_MAX], program[JOB_PROGRAM_BYTES];
    bool known = isfinite(j->pi);
    int decimals = known ? format_decimals_for(half_width(j)) : 0;
    if (j->state != JOB_DONE)
        fprintf(out, "state          %s%s%s\n", job_state_name(j->state),
                *j->reason ? ": " : "", j->reason);
    if (has_program(j))
        fprintf(out, "program        %s\n", job_program_text(program, j));
    if (known)
        fprintf(out, has_program(j) ? "%-14s %.12g\n" : "%-14s %.9f\n",
                job_estimate_name(j), j->pi);
    else
        fprintf(out, "%-14s n/a\n", job_estimate_name(j));
    fprintf(out, "hits           %" PRIu64 "%s\n", j->hits,
            j->score ? " (of 65536 a trial)" : "");
    fprintf(out, "trials         %" PRIu64, j->done);
    if (j->done != j->trials && j->trials > 0)
        fprintf(out, " of %" PRIu64, j->trials);
    if (j->verified_done != j->done)
        fprintf(out, "\nverified       %" PRIu64 " trials, %" PRIu64 " hits",
                j->verified_done, j->verified_hits);
    fprintf(out, "\nseed           %" PRIu64 "\n", j->seed);
    fprintf(out, "stderr         %s\n", format_stderr(text, sizeof(text), j->stderr_));
    if (known)
        fprintf(out, "95 %% interval  %.*f to %.*f\n", decimals, j->ci_low, decimals,
                j->ci_high);
    else
        fprintf(out, "95 %% interval  n/a\n");
    fprintf(out, "elapsed        %s\n",
            format_duration(text, sizeof(text), j->elapsed_ms));
    double rate = job_view_average_rate(j);
    if (rate > 0)
        fprintf(out, "rate           %s\n", format_rate(text, sizeof(text), rate));
    else
        fprintf(out, "rate           n/a\n");
}

/* A line under construction in a fixed buffer, with its width in columns. */
struct format_line {
    char *buf;
    size_t size, length;
    unsigned columns, width;
};

/* Text that does not fit is left out whole, so no UTF-8 character is ever cut. */
static void append(struct format_line *l, const char *text, unsigned columns)
{
    size_t n = strlen(text);
    if (l->length + n >= l->size || l->columns + columns >= l->width)
        return;
    memcpy(l->buf + l->length, text, n + 1);
    l->length += n;
    l->columns += columns;
}

__attribute__((format(printf, 2, 3))) static void appendf(struct format_line *l,
                                                          const char *format, ...)
{
    char text[JOB_LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    append(l, text, (unsigned)strlen(text));
}

static struct format_line line_in(char *buf, size_t size, unsigned width)
{
    assert(size > 0);
    buf[0] = '\0';
    return (struct format_line){.buf = buf, .size = size, .width = width};
}

/* Appends a reason between `before` and `after`, cut to the free width. */
static void append_reason(struct format_line *l, const char *before, const char *reason,
                          const char *after)
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

static void plain_line(struct format_line *l, const struct job_view *j)
{
    char text[JOB_ID_BYTES];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    appendf(l, "%s %s", job_id_text(text, j->number), job_state_name(j->state));
    if (isfinite(fraction))
        appendf(l, " %.1f%%", job_view_percent(fraction));
    if (isfinite(j->pi)) {
        int decimals = format_decimals_for(half_width(j));
        appendf(l, " %s=%.*f pm=%.*f", job_estimate_name(j), decimals, j->pi, decimals,
                half_width(j));
    }
    appendf(l, " done=%" PRIu64 " hits=%" PRIu64, j->done, j->hits);
    if (j->trials > 0)
        appendf(l, " trials=%" PRIu64, j->trials);
    appendf(l, " rate=%.0f", isfinite(j->rate) ? j->rate : 0);
    if (eta_ms >= 0)
        appendf(l, " eta=%" PRId64 "s", (eta_ms + 999) / 1000);
    append_reason(l, " reason=\"", j->reason, "\"");
}

/* ---- a line for a terminal ---- */

enum field {
    LEAD, /* "j-3 paused: reason", unless it runs and has an estimate */
    NUMBER,
    HALF,
    BAR,
    PERCENT,
    HITS,
    RATE,
    ETA,
    FIELDS
};

struct field_text {
    char text[2 * TEXT_BYTES];
    unsigned columns; /* 0: there is none */
};

__attribute__((format(printf, 2, 3))) static void set_field(struct field_text *f,
                                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof(f->text), format, args);
    va_end(args);
    f->columns = (unsigned)strlen(f->text);
}

static void set_number(struct field_text *f, const struct job_view *j, int decimals)
{
    char text[FORMAT_MAX];
    set_field(f, "%s %s", job_estimate_name(j),
              job_estimate_text(text, sizeof(text), j->pi, decimals));
}

static void set_estimate(struct field_text fields[FIELDS], const struct job_view *j,
                         enum job_line style)
{
    char text[FORMAT_MAX];
    int decimals = format_decimals_for(half_width(j));
    set_number(&fields[NUMBER], j, decimals);
    job_estimate_text(text, sizeof(text), half_width(j), decimals);
    set_field(&fields[HALF], "%s %s", style == JOB_LINE_UTF8 ? "±" : "+-", text);
    fields[HALF].columns -= style == JOB_LINE_UTF8; /* that sign has two bytes */
}

static void set_fields(struct field_text fields[FIELDS], const struct job_view *j,
                       enum job_line style)
{
    char text[FORMAT_MAX];
    double fraction = job_view_fraction(j);
    int64_t eta_ms = job_view_eta_ms(j);
    if (j->state != JOB_RUNNING || !isfinite(j->pi))
        set_field(&fields[LEAD], "%s %s", job_id_text(text, j->number),
                  job_state_name(j->state));
    if (isfinite(j->pi))
        set_estimate(fields, j, style);
    if (isfinite(fraction)) {
        fields[BAR].columns = BAR_MIN + (style == JOB_LINE_ASCII ? 2 : 0);
        set_field(&fields[PERCENT], "%5.1f %%", job_view_percent(fraction));
    }
    if (j->hits > 0)
        set_field(&fields[HITS], "%s hits",
                  format_grouped(text, sizeof(text), j->hits));
    if (j->rate > 0)
        set_field(&fields[RATE], "%s", format_rate(text, sizeof(text), j->rate));
    if (eta_ms >= 0)
        set_field(&fields[ETA], "eta %s", format_duration(text, sizeof(text), eta_ms));
}

/* What stands between a field and the one before it. */
static unsigned gap_before(enum field f)
{
    return f == HALF ? 1 : 2;
}

static unsigned columns_of(const struct field_text fields[FIELDS])
{
    unsigned columns = 0;
    for (int f = 0; f < FIELDS; f++)
        if (fields[f].columns > 0)
            columns +=
                (columns > 0 ? gap_before((enum field)f) : 0) + fields[f].columns;
    return columns;
}

/* A reason goes before the hits and the bar: it takes what the others leave. */
static void add_reason(struct field_text fields[FIELDS], const struct job_view *j,
                       unsigned width)
{
    struct field_text *lead = &fields[LEAD];
    unsigned hits = fields[HITS].columns, bar = fields[BAR].columns;
    fields[HITS].columns = fields[BAR].columns = 0;
    unsigned columns = columns_of(fields);
    if (lead->columns > 0 && columns < width) {
        struct format_line l = {.buf = lead->text,
                                .size = sizeof(lead->text),
                                .length = lead->columns,
                                .columns = lead->columns,
                                .width = lead->columns + width - columns};
        append_reason(&l, ": ", j->reason, "");
        lead->columns = l.columns;
    }
    fields[HITS].columns = hits;
    fields[BAR].columns = bar;
}

/* Leaves out whole fields until the rest is narrower than `width`.  The number goes
 * never: it loses decimals. */
static void fit(struct field_text fields[FIELDS], const struct job_view *j,
                unsigned width)
{
    static const enum field order[] = {HITS, BAR, ETA, RATE, HALF, PERCENT};
    for (size_t i = 0; i < ARRAY_SIZE(order) && columns_of(fields) >= width; i++)
        fields[order[i]].columns = 0;
    if (fields[NUMBER].columns == 0 && columns_of(fields) >= width)
        set_field(&fields[LEAD], "%s", job_state_name(j->state));
    else if (columns_of(fields) >= width)
        fields[LEAD].columns = 0;
    for (int d = 15; d >= 0 && fields[NUMBER].columns >= width; d--)
        set_number(&fields[NUMBER], j, d);
}

static void ascii_bar(struct format_line *l, double fraction, unsigned cells)
{
    unsigned full = (unsigned)(fraction * cells);
    append(l, "[", 1);
    for (unsigned i = 0; i < cells; i++)
        append(l, i < full ? "#" : "-", 1);
    append(l, "]", 1);
}

/* Block characters show eighths, so the bar advances in eighths of a cell. */
static void utf8_bar(struct format_line *l, double fraction, unsigned cells)
{
    static const char *const eighths[] = {"░", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    unsigned full = (unsigned)(fraction * cells * 8);
    for (unsigned i = 0; i < cells; i++) {
        unsigned before = 8 * i;
        unsigned here = full <= before ? 0 : full - before > 8 ? 8 : full - before;
        append(l, eighths[here], 1);
    }
}

/* The bar fills what the texts leave.  The last column stays free, because a terminal
 * may wrap when it is written. */
static void append_fields(struct format_line *l, const struct field_text fields[FIELDS],
                          const struct job_view *j, enum job_line style)
{
    unsigned columns = columns_of(fields), cells = BAR_MIN;
    cells += l->width > columns + 1 ? l->width - columns - 1 : 0;
    if (cells > BAR_MAX)
        cells = BAR_MAX;
    for (int f = 0; f < FIELDS; f++) {
        if (fields[f].columns == 0)
            continue;
        if (l->columns > 0)
            append(l, f == HALF ? " " : "  ", gap_before((enum field)f));
        if (f != BAR)
            append(l, fields[f].text, fields[f].columns);
        else if (style == JOB_LINE_ASCII)
            ascii_bar(l, job_view_fraction(j), cells);
        else
            utf8_bar(l, job_view_fraction(j), cells);
    }
}

void job_progress_line(char *buf, size_t n, const struct job_view *j, unsigned width,
                       enum job_line style)
{
    if (style == JOB_LINE_PLAIN) {
        struct format_line l = line_in(buf, n, UINT_MAX);
        plain_line(&l, j);
        return;
    }
    struct field_text fields[FIELDS] = {{.columns = 0}};
    struct format_line l = line_in(buf, n, width);
    set_fields(fields, j, style);
    add_reason(fields, j, width);
    fit(fields, j, width);
    append_fields(&l, fields, j, style);
}
