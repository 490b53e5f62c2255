# common/kernel/kernel.c: the last piece of a range goes beyond its end
# by unit kernel/kernel_test
s/uint64_t n = min_u64(count, piece);/uint64_t n = piece; if (n > count) count = n;/
