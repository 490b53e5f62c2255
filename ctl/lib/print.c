// SPDX-License-Identifier: MIT
#include "ctl/lib/print.h"

#include <math.h>
#include <unistd.h>

#include "common/base/format.h"
#include "common/cli/term.h"
#include "common/wire/wire.h"

enum tone { PLAIN, GOOD, WARNING, BAD };

/* The sign repeats what the colour says, for output without colour. */
static const struct {
    const char *colour, *utf8, *ascii;
} tones[] = {
    [PLAIN] = {NULL, " ", " "},
    [GOOD] = {"\033[32m", "●", "*"},
    [WARNING] = {"\033[33m", "▲", "!"},
    [BAD] = {"\033[31m", "✕", "x"},
};

static void print_state(struct ctl_table *t, enum tone tone, const char *word)
{
    table_cell_coloured(t, tones[tone].colour, "%s %s",
                        term_utf8() ? tones[tone].utf8 : tones[tone].ascii, word);
}

void print_job_state(struct ctl_table *t, const struct job_view *j)
{
    char word[32];
    enum tone tone = PLAIN;
    switch (j->state) {
    case JOB_QUEUED:
    case JOB_DONE:
        break;
    case JOB_RUNNING:
        tone = GOOD;
        break;
    case JOB_PAUSED:
        tone = WARNING;
        break;
    case JOB_CANCELLED:
    case JOB_FAILED:
        tone = BAD;
        break;
    }
    bool doubt = *j->doubt != '\0';
    snprintf(word, sizeof(word), "%s%s", job_state_name(j->state), doubt ? "?" : "");
    print_state(t, doubt ? BAD : tone, word);
}

void print_worker_state(struct ctl_table *t, enum worker_state state)
{
    enum tone tone = PLAIN;
    switch (state) {
    case WORKER_IDLE:
    case WORKER_LEFT:
        break;
    case WORKER_BUSY:
        tone = GOOD;
        break;
    case WORKER_DRAINING:
    case WORKER_SILENT:
        tone = WARNING;
        break;
    case WORKER_LOST:
        tone = BAD;
        break;
    }
    print_state(t, tone, worker_state_name(state));
}

void print_count(struct ctl_table *t, uint64_t count)
{
    char text[FORMAT_MAX];
    table_cell(t, "%s", format_count(text, sizeof(text), count));
}

void print_rate(struct ctl_table *t, double rate)
{
    char text[FORMAT_MAX];
    table_cell(t, "%s", format_rate(text, sizeof(text), rate));
}

void print_pi(struct ctl_table *t, double pi, double ci_low, double ci_high)
{
    if (!isfinite(pi)) {
        table_cell(t, "n/a");
        return;
    }
    double half = (ci_high - ci_low) / 2;
    int decimals = format_decimals_for(half);
    const char *sign = term_utf8() ? "±" : "+-";
    table_cell(t, "%.*f %s %.*f", decimals, pi, sign, decimals, half);
}

void print_table(struct ctl_table *t)
{
    table_print(t, stdout, term_colour(STDOUT_FILENO),
                isatty(STDOUT_FILENO) ? term_columns(STDOUT_FILENO) : 0);
    table_release(t);
}
