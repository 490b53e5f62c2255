# common/program/program.c: what a child says between two requests is the answer to the next
# by unit program/program_test
s/if (p->answers.n > 0) {/if (p->answers.n > sizeof(p->answers.bytes)) {/
