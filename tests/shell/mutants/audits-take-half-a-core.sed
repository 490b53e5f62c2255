# server/options.c: the default of --audit-cpu is ten times too high
# by unit server/options_test
s/{.audit_cpu = 5,/{.audit_cpu = 50,/
