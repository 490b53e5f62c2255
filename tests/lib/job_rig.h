// SPDX-License-Identifier: MIT
/* A job as operators see it, and what is printed as text.  Pure. */
#ifndef TESTS_LIB_JOB_RIG_H
#define TESTS_LIB_JOB_RIG_H

#include <stdio.h>

#include "common/wire/msg.h"

/* Job 3 with seed 42: done where all trials are, or running at 4.12e9 a second. */
struct job_view job(uint64_t trials, uint64_t done, uint64_t hits);

/* What `print` writes, terminated; freed by the caller. */
char *printed(void (*print)(FILE *, const void *), const void *what);

#endif
