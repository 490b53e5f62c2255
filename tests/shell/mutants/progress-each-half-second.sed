# server/local_operator.c: progress is told ten times as often
# by unit server/local_operator_test
s/LINE_MS = 5000,/LINE_MS = 500,/
