# server/local_operator.c: the bar on a terminal moves once a second
# by unit server/local_operator_test
s/BAR_MS = 100,/BAR_MS = 1000,/
