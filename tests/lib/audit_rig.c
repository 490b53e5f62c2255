// SPDX-License-Identifier: MIT
#include "tests/lib/audit_rig.h"

struct rig *audited_rig(uint32_t percent)
{
    struct coord_config config = rig_config();
    config.bare = false;
    config.audit_percent = percent;
    return rig_new(config);
}

uint64_t audited_job(struct rig *r, uint64_t units, enum audit_policy audit)
{
    struct msg m = rig_submission(++r->requests, STOP_TRIALS, units * UNIT);
    m.request.submit.audit = audit;
    return rig_ask(r, m).number;
}

void add_audit(struct rig *r, uint64_t job, uint64_t id, uint64_t worker,
               struct range range, uint64_t lie)
{
    disk_apply(&r->disk,
               &(struct record){.type = RECORD_AUDIT,
                                .job = job,
                                .audit = {.id = id,
                                          .worker = worker,
                                          .first = range.first,
                                          .count = range.count,
                                          .hits = truth(range.first, range.count) + lie,
                                          .results = 1}});
}

void audited_say_as(struct rig *r, conn_id conn, uint64_t lie)
{
    struct agent_grant *h = rig_held(r, conn);
    uint64_t hits = truth(h->first, h->count) + lie;
    rig_report_pieces(r, h, &hits, 1);
    rig_settle(r);
}

void audited_say(struct rig *r, conn_id conn)
{
    audited_say_as(r, conn, 0);
}
