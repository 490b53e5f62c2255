# common/sys/cpu_count.c: one and a half cores are one
# by unit sys/cpu_count_test
s/(unsigned)ceil(limit)/(unsigned)floor(limit)/
