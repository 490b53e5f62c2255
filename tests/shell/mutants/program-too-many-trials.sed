# server/options.c: a job of a program may have more than 2^46 trials
# by unit server/options_test
s/o->trials > PROGRAM_TRIALS_MAX/o->trials > TRIALS_MAX/
