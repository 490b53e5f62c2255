# common/base/error.c: an error without a hint shows that of the error before
# by unit base/error_test
s/snprintf(ret->hint, sizeof(ret->hint), "%s", hint ? hint : "");/if (hint) snprintf(ret->hint, sizeof(ret->hint), "%s", hint);/
