# common/join/contact.c: the longest address does not fit
# by unit join/contact_test
s/if (n >= size)/if (n + 1 >= size)/
