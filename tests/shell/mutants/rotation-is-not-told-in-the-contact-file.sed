# server/access/access.c: a rotated token is not written into the contact file
# by unit access/access_test
s/int err = a->contact_written ? write_contact(a) : 0;/int err = 0;/
