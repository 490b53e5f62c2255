// SPDX-License-Identifier: MIT
/*
 * A job as text for people: the answer of a finished one, and the line that tells how
 * far a running one is.  pictl and picoord print the same.  Pure but for the stream;
 * borrows the view for the call.
 *
 * What is not known yet ("n/a", or left out of a line) is so because nothing is counted
 * or because a stop rule has not found its number of trials.
 */
#ifndef COMMON_CLI_JOB_FORMAT_H
#define COMMON_CLI_JOB_FORMAT_H

#include <stdint.h>
#include <stdio.h>

#include "common/wire/msg.h"

enum {
    JOB_ID_BYTES = 24,    /* "j-18446744073709551615" and its NUL */
    JOB_LINE_BYTES = 512, /* always enough for job_progress_line() */
};

/* How a progress line looks.  A plain one is for logs and scripts. */
enum job_line { JOB_LINE_PLAIN, JOB_LINE_ASCII, JOB_LINE_UTF8 };

/* "j-17" into buf, which it returns. */
const char *job_id_text(char buf[JOB_ID_BYTES], uint64_t number);

/* Nothing more will happen to it unless it is extended. */
bool job_view_ended(enum job_state state);

/* How much of its work is done, 0 to 1: of the trials, of the trials that the standard
 * error will need as far as can be told, or of the time.  NaN: cannot be told. */
double job_view_fraction(const struct job_view *j);

/* Milliseconds to the end at the present rate; -1: cannot be told, as while something
 * stands in the job's way. */
int64_t job_view_eta_ms(const struct job_view *j);

/* Per cent done, rounded down to a tenth: 100 only when all is done. */
double job_view_percent(double fraction);

/* The job's average: counted trials a second of its running time; 0 if unknown. */
double job_view_average_rate(const struct job_view *j);

/* A finished job in aligned lines: pi, hits, trials, seed, stderr, 95 % interval,
 * elapsed, rate; and above them how it ended, unless it is done. */
void job_print(FILE *out, const struct job_view *j);

/*
 * One line without a newline, terminated.  Plain, key=value:
 *     j-3 running 62.9% pi=3.1415907 pm=0.0000091 done=... trials=... rate=... eta=18s
 * else a bar for people, less than `width` columns wide, cut when n is too small:
 *     pi 3.141 590 7 +- 0.000 009 1  [#######-----]  62.9 %  4.12 G/s  eta 18 s
 */
void job_progress_line(char *buf, size_t n, const struct job_view *j, unsigned width,
                       enum job_line style);

#endif
