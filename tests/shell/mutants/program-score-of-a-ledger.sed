# ctl/lib/replies.c: a ledger forgets that its hits are scores
# by unit ctl/golden_ctl_test
s/    a->ledger.score = l->score;//
