# server/view/page.c: the page without scripts shows an error twice as large
# by unit view/golden_report_test
s/half = (j->ci_high - j->ci_low) \/ 2;/half = j->ci_high - j->ci_low;/
