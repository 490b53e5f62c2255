// SPDX-License-Identifier: MIT
/*
 * Pages for browsers: the files of web/, which the makefile builds in, and the status
 * as a page of its own, /status, for browsers that run no script.
 */
#ifndef SERVER_VIEW_PAGE_H
#define SERVER_VIEW_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "server/view/report.h"

struct asset {
    const char *name, *type; /* "style.css", "text/css; charset=utf-8" */
    const char *tag;         /* its SHA-256, in quotes: an ETag */
    const char *plain, *plain_end, *gzip, *gzip_end;
};

/* NULL: there is none of that name. */
const struct asset *page_asset(const char *name);

/* The status as HTML, without a script; reloads itself. */
bool page_status(struct report *s, FILE *out);

/* Made by web/embed from the files beside it; ends with a name of NULL. */
extern const struct asset page_assets[];

#endif
