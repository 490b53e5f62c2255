# ctl/lib/ctl.c: a ledger whose job never came is taken
# by unit ctl/ctl_answers_test
s/ && (want != REPLY_LEDGER || r->has_job)//
