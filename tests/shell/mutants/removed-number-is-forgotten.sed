# server/store/database.c: the number of a removed job may be given again
# by unit store/database_test
s/s <= PUT_REMOVED \&\& err == 0/s < PUT_REMOVED \&\& err == 0/
