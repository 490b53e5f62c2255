# worker/doctor.c: the worker's doctor comes as an operator
# by e2e what-a-worker-prints-is-whole
s/\.role = ROLE_WORKER,/.role = ROLE_OPERATOR,/
