# common/wire/wire_view_encode.c: a share shows its trials as its hits
# by unit wire/json_test
s/shares\[i\]\.hits = v->shares\[i\]\.hits/shares[i].hits = v->shares[i].trials/
