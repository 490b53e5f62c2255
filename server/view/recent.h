// SPDX-License-Identifier: MIT
/*
 * The last minute on the loop: takes a moment of the workers each second, whether
 * somebody looks or not, and has it as JSON for all who come.
 */
#ifndef SERVER_VIEW_RECENT_H
#define SERVER_VIEW_RECENT_H

#include <uv.h>

#include "server/view/report.h"

struct recent;

/* Borrows report until recent_close(). */
struct recent *recent_new(uv_loop_t *loop, struct report *report);

/* Memory is freed once the loop has closed the handle. */
void recent_close(struct recent *r);

/* An event of the core has been, which report->feed may have or is about to. */
void recent_event(struct recent *r);

/* What past_json() writes; valid until the next event or turn of the loop. */
const char *recent_json(struct recent *r);

#endif
