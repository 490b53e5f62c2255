# server/access/contact_file.c: the process in the contact file is the parent's
# by unit access/access_test
s/(int)getpid()/(int)getppid()/
