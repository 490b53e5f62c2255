// SPDX-License-Identifier: MIT
#include "worker/try.h"

#include <inttypes.h>

#include "common/base/exit.h"
#include "common/base/format.h"
#include "common/base/json_writer.h"
#include "common/program/offer.h"
#include "common/program/self_test.h"

static void print_json(const struct program_offer *offer, const struct self_test *t,
                       FILE *out)
{
    struct json_writer w = json_to_stream(out);
    json_begin_object(&w, NULL);
    json_put_text(&w, "program", offer->name);
    json_put_number(&w, "test", "\"%016" PRIx64 "\"", t->test);
    json_put_double(&w, "rate", t->rate);
    json_put_double(&w, "start_seconds", t->start_s);
    json_put_double(&w, "call_seconds", t->call_s);
    json_put_u64(&w, "trials", t->trials);
    json_put_bool(&w, "score", t->scores);
    json_put_bool(&w, "checked", t->checked);
    json_end_line(&w);
}

static void print_plain(const struct program_offer *offer, const struct self_test *t,
                        FILE *out)
{
    char buf[FORMAT_MAX];
    fprintf(out, "program        %s\n", offer->name);
    fprintf(out, "first answer   %.3g ms after its start\n", 1e3 * t->start_s);
    fprintf(out, "one trial      %.3g us in a call of its own\n", 1e6 * t->call_s);
    fprintf(out, "rate           %s\n", format_rate(buf, sizeof(buf), t->rate));
    fprintf(out, "counts         %s\n",
            t->scores ? "scores, 0 to 65536 a trial (submit --score)" : "hits");
    fprintf(out, "test           %016" PRIx64 "\n", t->test);
    fprintf(out, "adds up        %s, %" PRIu64 " trials counted\n",
            t->checked ? "yes" : "so far; it is too slow to look at all", t->trials);
}

int try_run(const struct program_offer *offer, bool json, FILE *out)
{
    struct self_test test[PROGRAMS_MAX];
    struct offers one = {.items = {*offer}, .n = 1};
    if (self_test_all("piworker", &one, test))
        return EXIT_NO;
    if (json)
        print_json(offer, test, out);
    else
        print_plain(offer, test, out);
    return 0;
}
