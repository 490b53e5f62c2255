# server/core/request.c: a job is removed that goes on
/^static void rm(/,/^}/s/if (!job_ended(j)) {/if (0) {/
