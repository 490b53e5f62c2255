# server/core/settle.c: after a restart a job without an end is shown beyond what may be its end
/^void settle_restored/,/^}/s/look_for_end(j);/(void)j;/
