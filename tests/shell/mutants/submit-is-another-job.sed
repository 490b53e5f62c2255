# ctl/commands/submit.c: a submission that is sent again is another job
# by unit ctl/ctl_client_test
s/^        replies_release(ret);$/        replies_release(ret), hash_random((void *)r->submit.request, UID_BYTES);/
