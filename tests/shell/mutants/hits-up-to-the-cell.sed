# ctl/lib/ledger_proof.c: a cell may have more hits than trials done
# by unit ctl/ctl_test
s/l->hits\[i\] > l->done\[i\]/l->hits[i] > l->count[i]/
