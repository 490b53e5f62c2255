// SPDX-License-Identifier: MIT
/* What is wrong, in words (common/base/error.h). */
#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *ret, int err, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ret->what, sizeof(ret->what), format, args);
    va_end(args);
    snprintf(ret->hint, sizeof(ret->hint), "%s", hint ? hint : "");
    return err;
}
