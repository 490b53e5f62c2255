// SPDX-License-Identifier: MIT
#include "server/view/event_json.h"

#include <assert.h>
#include <inttypes.h>

#include "common/cli/job_format.h"
#include "server/view/event_name.h"
#include "server/view/event_view.h"

bool event_json_has(const struct effect *e)
{
    return event_view_has(e);
}

void event_json_brief(struct json_writer *w, const struct event_view *v)
{
    char id[JOB_ID_BYTES];
    const struct {
        const char *name, *text;
    } texts[] = {{"job", v->job ? job_id_text(id, v->job) : ""},
                 {"name", v->name},
                 {"worker", v->worker},
                 {"reason", v->reason},
                 {"program", v->program}};
    const struct {
        const char *name;
        uint64_t value;
    } big[] = {{"first", v->first}, {"trials", v->trials}, {"late_ms", v->late_ms}},
      small[] = {{"ranges", v->ranges},
                 {"threads", v->threads},
                 {"connections", v->connections}};
    json_begin_object(w, NULL);
    json_put_text(w, "what", v->what);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (*texts[i].text)
            json_put_text(w, texts[i].name, texts[i].text);
    for (size_t i = 0; i < ARRAY_SIZE(big); i++)
        if (big[i].value)
            json_put_u64(w, big[i].name, big[i].value);
    for (size_t i = 0; i < ARRAY_SIZE(small); i++)
        if (small[i].value)
            json_put_number(w, small[i].name, "%" PRIu64, small[i].value);
    json_put_u64(w, "time_ms", v->time_ms);
    json_end(w);
}

void event_json_write(FILE *out, const struct effect *e)
{
    assert(event_json_has(e));
    const struct event_name *name = &event_names[event_number(e)];
    const struct event_view m = event_view_of(e);
    char id[JOB_ID_BYTES];
    struct json_writer w = json_to_stream(out);
    fprintf(out, "event: %s\ndata: ", name->topic);
    json_begin_object(&w, NULL);
    json_put_text(&w, "what", m.what);
    json_put_text(&w, "job", m.job ? job_id_text(id, m.job) : "");
    json_put_text(&w, "name", m.name);
    json_put_text(&w, "worker", m.worker);
    json_put_text(&w, "reason", m.reason);
    json_put_text(&w, "program", m.program);
    json_put_u64(&w, "first", m.first);
    json_put_u64(&w, "trials", m.trials);
    json_put_number(&w, "ranges", "%" PRIu32, m.ranges);
    json_put_number(&w, "threads", "%" PRIu32, m.threads);
    json_put_number(&w, "connections", "%" PRIu32, m.connections);
    json_put_u64(&w, "late_ms", m.late_ms);
    json_put_time(&w, "time_ms", m.time_ms);
    json_end_line(&w);
    putc('\n', out);
}
