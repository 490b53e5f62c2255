# ctl/lib/ctl.c: pictl gives its signals back before it has printed
# by e2e late-signals-change-nothing
s/^    on_end();$/    (void)on_end;/
