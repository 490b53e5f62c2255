# worker/pool.c: who was cancelled once is cancelled at each lease
# by unit worker/pool_test
/^        clear_cancel(t);$/s/clear_cancel(t);/;/
