# worker/doctor.c: why there is no token for the address is not said
# by e2e what-a-worker-prints-is-whole
s/\*ret_no_token = ret->why;/;/
