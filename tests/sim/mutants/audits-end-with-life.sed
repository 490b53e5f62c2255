# server/core/coord.c: audits that are due are not taken up again
s/return audit_restore(c, j, &r->audit) ? NULL/return j ? NULL/
