# server/banner.c: the page's address for others is not printed
# by unit server/start_test
s/n == 0 || reach->local/n > 0 || reach->local/
