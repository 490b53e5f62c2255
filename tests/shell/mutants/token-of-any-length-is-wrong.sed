# server/core/token.c: a token of 8 bytes is a wrong one
# by unit core/coord_token_test
s/h->proof_bytes != TOKEN_BYTES/false/
