# common/kernel/kernel.c: `auto` takes the last kernel that runs
# by unit kernel/kernel_test
s/if (can_run(k)) {/if (can_run(k) \&\& (!any || i + 1 == n)) {/
