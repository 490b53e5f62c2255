# ctl/commands/drain.c: drain --all says how many threads drain
# by unit ctl/golden_ctl_test
s/uint32_t n = replies.status.workers;/uint32_t n = replies.status.threads;/
