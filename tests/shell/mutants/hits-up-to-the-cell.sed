# ctl/lib/ledger_proof.c: a cell may have more hits than trials done
# by unit ctl/ctl_test
s/hits_most(l, l->done\[i\])/hits_most(l, l->count[i])/
