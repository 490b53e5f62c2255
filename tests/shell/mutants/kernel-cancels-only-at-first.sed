# common/kernel/kernel.c: a count that has begun is not cancelled
# by unit kernel/kernel_test
s/if (cancel && atomic/if (cancel \&\& hits == 0 \&\& atomic/
