# server/local_operator.c: --exit-when-done exits 0 after a cancelled job
# by unit server/local_operator_test
s/j->state == JOB_DONE ? 0 : EXIT_NO/j->state == JOB_FAILED ? EXIT_NO : 0/
