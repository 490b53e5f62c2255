# common/join/join.c: of several lines the first is not enough
# by unit join/join_test
s/    p\.end = p\.at + strcspn(p\.at, "\\r\\n");/    \/\//
