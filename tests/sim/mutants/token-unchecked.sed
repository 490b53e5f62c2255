# server/core/resume.c: any token will do
s/return difference == 0;/return difference < 256;/
