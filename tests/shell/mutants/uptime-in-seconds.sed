# ctl/commands/status.c: uptime is a thousand times too short
# by unit ctl/golden_ctl_test
s|format_duration(text, sizeof(text), s->uptime_ms)|format_duration(text, sizeof(text), s->uptime_ms / 1000)|
