// SPDX-License-Identifier: MIT
#include "worker/doctor.h"

#include <stdio.h>
#include <string.h>

#include "common/base/exit.h"
#include "common/join/client.h"
#include "common/join/doctor.h"
#include "common/sys/late_signals.h"

/* Where nothing holds a token for an address that was given, it is found without one,
 * and *ret says why there is none. */
static enum endpoint_outcome find(const struct endpoint_options *options,
                                  struct endpoint *ret, struct error *ret_no_token)
{
    struct endpoint_options plain = *options;
    enum endpoint_outcome outcome = endpoint_find(options, ret);
    *ret_no_token = (struct error){.what = ""};
    if (outcome != ENDPOINT_ABSENT || !options->address)
        return outcome;
    *ret_no_token = ret->why;
    plain.plaintext = true;
    return endpoint_find(&plain, ret);
}

static struct client *new_client(const struct agent_config *worker,
                                 const struct endpoint *endpoint)
{
    struct client *client = client_new(endpoint);
    struct msg_hello hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = "piworker",
                              .version = worker->version,
                              .role = ROLE_WORKER,
                              .name = worker->name,
                              .kernel = worker->kernel,
                              .test_hits = worker->test_hits,
                              .threads = worker->threads};
    memcpy(hello.secret, worker->secret, sizeof(hello.secret));
    client_set_hello(client, &hello);
    return client;
}

int worker_doctor(const struct agent_config *worker,
                  const struct endpoint_options *options, bool json)
{
    struct doctor_report report = {0};
    struct endpoint endpoint;
    struct error no_token;
    enum endpoint_outcome outcome = find(options, &endpoint, &no_token);
    if (outcome != ENDPOINT_FOUND) {
        fprintf(stderr, "piworker: %s\n", endpoint.why.what);
        if (endpoint.why.hint[0])
            fprintf(stderr, "hint: %s\n", endpoint.why.hint);
        return endpoint.status;
    }
    struct client *client = new_client(worker, &endpoint);
    int status = doctor_connect(&report, client, endpoint.where, &no_token);
    explicit_bzero(&endpoint.token, sizeof(endpoint.token));
    if (status < EXIT_SIGNAL)
        (json ? doctor_print_json : doctor_print)(&report, DOCTOR_TOKEN + 1);
    late_signals_ignore();
    client_free(client);
    return status;
}
