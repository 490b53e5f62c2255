# server/local_operator.c: a doubtful answer is printed without a word
# by unit server/local_operator_test
s/if (\*j->doubt)/if (!j->doubt)/
