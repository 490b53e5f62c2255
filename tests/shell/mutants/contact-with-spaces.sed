# common/join/contact.c: a join string may have a space
# by unit join/contact_test
s/text\[i\] <= ' '/text[i] < ' '/
