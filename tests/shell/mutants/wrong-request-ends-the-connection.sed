# common/wire/wire_request.c: what a person has typed is malformed
# by unit wire/wire_request_test
s/if (r < 0 \&\& c->why)/if (false)/
