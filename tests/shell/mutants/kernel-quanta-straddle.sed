# common/kernel/kernel.c: a quantum is counted from where the range begins
# by unit kernel/kernel_test
s/(first | (KERNEL_QUANTUM - 1)) + 1/first + KERNEL_QUANTUM/
