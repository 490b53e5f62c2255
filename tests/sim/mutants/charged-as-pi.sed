# server/core/schedule.c: a job is charged for trials of a program as if they were pi's
s/rate_predict_ms(rate_expected(p), trials)/rate_predict_ms(0, trials)/
