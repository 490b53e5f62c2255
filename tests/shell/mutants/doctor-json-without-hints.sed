# common/join/doctor.c: hints are missing in JSON
# by unit join/client_test
s/has_hint(r, i) ? r->checks\[i\]\.hint : NULL/NULL/
