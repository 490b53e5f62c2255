// SPDX-License-Identifier: MIT
#include "server/failure.h"

#include <stdio.h>

#include <uv.h>

#include "common/conn.h"
#include "common/text.h"
#include "server/contact.h"

enum { EXIT_LOCAL = 7 };

int failure(const char *what, const char *subject, int err, const char *hint)
{
    char shown[256];
    fprintf(stderr, "picoord: cannot %s %s: %s\n", what,
            text_escape_str(shown, sizeof(shown), subject), uv_strerror(err));
    if (hint)
        fprintf(stderr, "hint: %s\n", hint);
    return EXIT_LOCAL;
}

int failure_listen(const struct sockaddr *address, int err)
{
    char text[ADDRESS_BYTES], other[ADDRESS_BYTES + 120];
    address_text(address, text);
    const char *hint = "choose another port, or --listen 127.0.0.1:0 for any free one";
    if (err == UV_EADDRINUSE && contact_answers(address)) {
        snprintf(other, sizeof(other),
                 "another picoord answers there: pictl --coordinator %s status. "
                 "Or choose --listen 127.0.0.1:0",
                 text);
        hint = other;
    }
    return failure("listen on", text, err, hint);
}
