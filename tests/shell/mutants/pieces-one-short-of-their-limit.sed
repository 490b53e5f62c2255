# common/wire/wire_decode.c: results with as many pieces as may be are refused
# by unit wire/limits_test
s/p->n_pieces > RESULTS_PIECES_MAX/p->n_pieces >= RESULTS_PIECES_MAX/
