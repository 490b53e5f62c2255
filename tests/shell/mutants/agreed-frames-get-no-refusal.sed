# common/net/conn_frames.c: who agreed on frames and sends others is cut off mute
# by unit net/conn_protocol_test
s/tls_protocol(c->tls) == TLS_FRAMES) {/false) {/
