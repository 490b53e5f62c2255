# server/view/console.c: a command of the most bytes is refused
# by unit view/viewer_test
s/if (take > CONSOLE_LINE_BYTES - c->n)/if (take >= CONSOLE_LINE_BYTES - c->n)/
