# server/core/fit.c: who is busy with a trial that takes long gets more behind it
s/return ms > BUSY_TIMES \* (int64_t)target_ms(c);/return ms < 0;/
