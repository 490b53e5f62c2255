# worker/try.c: a program that fails its test is exit 0
# by e2e programs-count-alone
s/        return EXIT_NO;/        return 0;/
