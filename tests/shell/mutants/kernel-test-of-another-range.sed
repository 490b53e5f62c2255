# worker/main.c: the test range that Hello tells is another
# by e2e what-a-worker-prints-is-whole
s/KERNEL_TEST_SEED, KERNEL_TEST_FIRST,/KERNEL_TEST_SEED, KERNEL_TEST_FIRST + 1,/
