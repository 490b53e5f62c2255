# ctl/commands/token.c: token show renews it
# by unit ctl/ctl_token_test
s/\.rotate = rotate}/.rotate = true}/
