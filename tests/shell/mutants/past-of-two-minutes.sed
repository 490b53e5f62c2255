# server/view/past.c: what is older than a minute is written too
# by unit view/past_test
s/ > PAST_MS)$/ > 2 * PAST_MS)/
