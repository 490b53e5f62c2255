# server/net/recompute.c: the text of each range recomputed is lost
# by leak net/recompute_test
/^static void \*recompute_thread/,/^}/s/free((char \*)t.range.arg);//
