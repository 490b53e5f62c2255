# server/view/event_log.c: the status in the log has the number of another field
# by unit server/local_operator_test
s/log_u64("leased", j->leased)/log_u64("leased", j->computed_again)/
