// SPDX-License-Identifier: MIT
/*
 * Invariants of a job in an image, for any store.  Shared by the files of the image.
 * Pure.
 */
#ifndef TESTS_SIM_IMAGE_CHECK_H
#define TESTS_SIM_IMAGE_CHECK_H

#include <stdio.h>

#include "tests/sim/image.h"

#define REFUSE(m, ...) (snprintf((m)->why, sizeof((m)->why), __VA_ARGS__), false)

/* Index of the first row that ends after x; j->n: there is none. */
size_t image_row_after(const struct image_job *j, uint64_t x);

/* False, with m->why, if an invariant is broken.  Also computes what the job may
 * show. */
MUST_USE bool image_check_job(struct image *m, struct image_job *j);

#endif
