# server/store/check.c: --check tells rows as answers
# by unit server/start_test
s/SELECT count(\*) FROM answers/SELECT count(*) FROM rows/
