# common/join/join.c: a mistyped last character of a key is taken
# by unit join/join_test
s/return bits == 0 ? 0 :/return 1 ? 0 :/
