// SPDX-License-Identifier: MIT
/* An example of a job as operators see it, and printed text as a string.  Pure. */
#ifndef TESTS_LIB_JOB_RIG_H
#define TESTS_LIB_JOB_RIG_H

#include <stdio.h>

#include "common/wire/msg.h"

/* Job 3 with seed 42: done if all trials are, else running at 4.12e9 trials/s. */
struct job_view job(uint64_t trials, uint64_t done, uint64_t hits);

/* The output of `print` as a string; freed by the caller. */
char *printed(void (*print)(FILE *, const void *), const void *what);

#endif
