# ctl/lib/ctl.c: the copy of the token that was searched for is not wiped
# by unit ctl/ctl_answers_test
/void ctl_use/,/^}/s/explicit_bzero(endpoint, sizeof(\*endpoint));/;/
