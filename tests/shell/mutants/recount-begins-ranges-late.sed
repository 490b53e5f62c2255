# ctl/lib/recount.c: a range is counted from where the last part of the one before ended
# by unit ctl/ctl_test
/if (q->at == whole->count) {/,/}/{
/q->at = 0;/d
s/q->range++;/q->range++, q->at = q->range < q->r->n \&\& whole->count > PART_TRIALS;/
}
