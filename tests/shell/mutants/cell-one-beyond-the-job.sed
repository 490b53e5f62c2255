# ctl/lib/ledger_proof.c: a cell may end a trial beyond the job
# by unit ctl/ctl_test
s/ || end > limit)/ || end > limit + 1)/
