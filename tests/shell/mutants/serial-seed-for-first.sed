# worker/serial.c: the JSON of --serial has the seed as first
# by unit worker/golden_worker_test
s/json_put_u64(&w, "first", o->first);/json_put_u64(\&w, "first", o->seed);/
