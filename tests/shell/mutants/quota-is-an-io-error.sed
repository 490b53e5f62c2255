# server/store/database.c: a quota that is exceeded ends picoord
# by unit store/store_test
s/return last_errno(log) == EDQUOT || last_errno(file) == EDQUOT;/return false;/
