# common/net/conn_frames.c: what a stranger sent is quoted unescaped
# by unit net/conn_protocol_test
s/format_escape(text, sizeof(text), bytes, more ? SHOWN_BYTES : n);/snprintf(text, sizeof(text), "%.*s", (int)(more ? SHOWN_BYTES : n), bytes);/
