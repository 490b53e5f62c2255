# server/view/event_log.c: of one stranger only the first reason is told
# by unit view/event_log_test
/^void event_log_closed/,/^}/s/hash_of(CLOSED, why)/hash_of(CLOSED, "")/
