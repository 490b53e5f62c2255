# server/scaling.c: the last of --scaling P is the power of two before it
# by unit server/scaling_test
s/runs\[n++\].threads = o->scaling;/runs[n++].threads = 1 << (n - 1);/
