# server/core/straggler.c: a worker may have a lease twice
s/if (slow->worker == idle->worker)/if (slow == idle)/
