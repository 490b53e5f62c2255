# server/view/route.c: an error may be kept by a cache
# by unit view/golden_http_test
/^static enum MHD_Result answer_error/,/^}/{/"no-store"/d}
