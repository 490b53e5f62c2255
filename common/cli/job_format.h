// SPDX-License-Identifier: MIT
/*
 * A job as text for people: the answer of a finished job and the progress line of a
 * running one, the same in pictl and picoord.  Pure except for the stream; borrows the
 * view for the call.
 *
 * A value is unknown ("n/a", or missing from a line) while no trial is counted or while
 * a stop rule has not determined the number of trials.
 */
#ifndef COMMON_CLI_JOB_FORMAT_H
#define COMMON_CLI_JOB_FORMAT_H

#include <stdint.h>
#include <stdio.h>

#include "common/wire/msg.h"

enum {
    JOB_ID_BYTES = 24,    /* "j-18446744073709551615" and its NUL */
    JOB_LINE_BYTES = 512, /* always suffices for job_progress_line() */
};

/* The style of a progress line.  PLAIN is for logs and scripts. */
enum job_line { JOB_LINE_PLAIN, JOB_LINE_ASCII, JOB_LINE_UTF8 };

/* Writes "j-17" into buf and returns buf. */
const char *job_id_text(char buf[JOB_ID_BYTES], uint64_t number);

/* What is estimated: "pi"; "p" of a program; "x" if it has a scale. */
const char *job_estimate_name(const struct job_view *j);

/* The estimate, or half of its interval, with as many decimals, in groups: of a program
 * it may be too large for that, and is rounded. */
const char *job_estimate_text(char *buf, size_t size, double value, int decimals);

/* "buffon", "buffon 0.5": a program and its text; "" for pi. */
enum { JOB_PROGRAM_BYTES = NAME_BYTES + 1 + ARG_BYTES + 1 };
const char *job_program_text(char buf[JOB_PROGRAM_BYTES], const struct job_view *j);

/* Whether the state is final, unless the job is extended. */
bool job_view_ended(enum job_state state);

/* The finished fraction, 0 to 1: of the trials, of the trials that the target standard
 * error is estimated to need, or of the time.  NaN: unknown. */
double job_view_fraction(const struct job_view *j);

/* Milliseconds to the end at the current rate; -1: unknown, for example because the job
 * is paused or waits for workers. */
int64_t job_view_eta_ms(const struct job_view *j);

/* A fraction as per cent, rounded down to a tenth: 100 only when all is done. */
double job_view_percent(double fraction);

/* Counted trials per second of running time; 0 if unknown. */
double job_view_average_rate(const struct job_view *j);

/* Prints a finished job in aligned lines: its program, pi, hits, trials, seed, stderr,
 * 95 % interval, elapsed, rate; first its state, unless that is "done". */
void job_print(FILE *out, const struct job_view *j);

/*
 * Writes one line without a newline, terminated.  PLAIN is key=value:
 *     j-3 running 62.9% pi=3.1415907 pm=0.0000091 done=... hits=... trials=...
 *     rate=... eta=18s
 * The others have fewer than `width` columns; text beyond n bytes is left out:
 *     pi 3.141 590 7 +- 0.000 009 1  [#######-----]   62.9 %  98 hits  4.12 G/s  eta 18
 * s Where that is too wide, whole fields go, in this order: hits, bar, eta, rate, the
 * interval, the percentage; the number stays and loses decimals.
 */
void job_progress_line(char *buf, size_t n, const struct job_view *j, unsigned width,
                       enum job_line style);

#endif
