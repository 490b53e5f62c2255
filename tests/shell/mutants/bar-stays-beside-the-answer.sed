# server/local_operator.c: the bar is not cleared before the answer
# by unit server/local_operator_test
s/s->bar = s->style != JOB_LINE_PLAIN;/s->bar = false;/
