# server/banner.c: the banner does not say localhost
# by unit server/start_test
s/{"127.", "0.0.0.0:"/{"128.", "0.0.0.0:"/
