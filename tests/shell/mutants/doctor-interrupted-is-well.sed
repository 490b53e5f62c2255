# common/join/doctor.c: a doctor that was interrupted exits with 0
# by unit join/client_test
s/return EXIT_SIGNAL + client_signal(client);/return EXIT_DONE;/
