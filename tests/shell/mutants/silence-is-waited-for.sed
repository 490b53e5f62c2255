# ctl/lib/follow.c: a silent coordinator is noticed after a thousand times as long
# by unit ctl/ctl_answers_test
s/now_ms - f->status_sent_ms > (int64_t)w->silent_ms/now_ms - f->status_sent_ms > 1000 * (int64_t)w->silent_ms/
