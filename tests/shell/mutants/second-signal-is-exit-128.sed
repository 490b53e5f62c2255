# server/stop.c: the exit status of a second signal does not say which
# by e2e the-coordinator-stops-when-told
s/leave_now(ctx, EXIT_SIGNAL + signum);/leave_now(ctx, EXIT_SIGNAL);/
