# server/core/audit.c: the audits of who is excluded stay due
s/forget_in(c, s, LINE_EXEMPT);/(void)s;/
