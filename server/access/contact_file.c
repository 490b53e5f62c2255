// SPDX-License-Identifier: MIT
#include "server/access/contact_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/base/json_writer.h"
#include "common/join/contact.h"
#include "common/net/address.h"

static int format_contact(char text[CONTACT_BYTES], const char *address,
                          const char *worker_join, const char *operator_join)
{
    char host[256], port[6];
    struct json_writer w = json_to_buffer(text, CONTACT_BYTES);
    if (address_split(address, host, port) < 0)
        return -EINVAL;
    json_begin_object(&w, NULL);
    json_put_text(&w, "addr", host);
    json_put_number(&w, "port", "%s", port);
    json_put_number(&w, "pid", "%d", (int)getpid());
    json_put_text(&w, "version", PI_VERSION);
    json_put_text(&w, "join", worker_join);
    json_put_text(&w, "operator_join", operator_join);
    json_end_line(&w);
    assert(!w.full);
    return (int)w.n;
}

int contact_file_write(const char *file, const char *address, const char *worker_join,
                       const char *operator_join, struct output *ret)
{
    char text[CONTACT_BYTES];
    static_assert(CONTACT_BYTES <= PIPE_BUF, "a pipe takes it at once or not at all");
    int n = format_contact(text, address, worker_join, operator_join);
    if (n < 0)
        return n;
    /* Durable: an empty one, as a power cut may leave it, would not be waited out. */
    int err = output_write(file, text, (size_t)n, true, NULL, NULL, ret);
    explicit_bzero(text, sizeof(text));
    return err;
}
