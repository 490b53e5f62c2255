# ctl/commands/submit.c: --weight is read and not sent
# by unit ctl/golden_ctl_test
s/\.weight = (uint32_t)o->weight,/.weight = 1,/
