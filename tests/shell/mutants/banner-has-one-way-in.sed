# server/banner.c: the banner has the first address for other machines alone
# by unit server/start_test
s/i < n \&\& !reach\[i\].local; i++/i < n \&\& !reach[i].local \&\& i < 1; i++/
