# server/core/request.c: a repeated request is another job
s/    if (known) {/    if (false) {/
