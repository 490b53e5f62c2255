# common/base/siphash.c: texts of different lengths have the same hash
# by unit base/siphash_test
s/word_of(at, left) | (uint64_t)bytes << 56/word_of(at, left)/
