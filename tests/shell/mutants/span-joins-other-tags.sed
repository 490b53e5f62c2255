# common/base/span.c: neighbours of different tags become one
# by unit base/span_test
s/l->end == x\.first && l->tag == x\.tag/l->end == x.first/
