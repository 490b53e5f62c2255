# common/sys/cpu_count.c: a hierarchy of cpusets has a quota
# by unit sys/cpu_count_test
s/(at\[n\] == ',' || !at\[n\])/1/
