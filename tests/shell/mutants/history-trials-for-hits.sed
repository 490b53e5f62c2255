# ctl/commands/history.c: history shows trials as hits
# by unit ctl/golden_ctl_test
s/table_cell(t, "%" PRIu64, a->hits);/table_cell(t, "%" PRIu64, a->trials);/
