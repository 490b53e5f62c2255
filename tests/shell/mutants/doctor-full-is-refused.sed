# common/join/doctor.c: a coordinator without room has refused
# by unit join/client_test
s/no->code == REFUSAL_FULL ? EXIT_UNREACHED : EXIT_REFUSED/EXIT_REFUSED/
