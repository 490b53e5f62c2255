# common/kernel/kernel.c: a kernel that counts wrong is taken
# by unit kernel/choice_test
s/ && kernel_self_test(k);/;/
