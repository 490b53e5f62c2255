# server/core/commit.c: an exclusion leaves jobs that have ended alone
s/^        flush_doubt(c, j);/        (void)flush_doubt;/
