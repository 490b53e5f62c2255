# ctl/lib/ledger_proof.c: the same --sample-seed draws other cells than before
# by unit ctl/ctl_test
s/return z ^ (z >> 31);/return z ^ (z >> 30);/
