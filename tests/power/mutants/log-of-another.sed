# server/store/database_open.c: whatever log is found is brought into the file
# powercuts --cuts 500
s/err = log_check(path, ret_why);/err = 0;/
