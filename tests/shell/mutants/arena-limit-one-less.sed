# common/base/arena.c: an arena refuses what fills it to its limit
# by unit base/arena_test
s/bytes > a->limit_bytes/bytes >= a->limit_bytes/
