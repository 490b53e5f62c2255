# common/net/conn_frames.c: the kernel keeps megabytes for a viewer that does not read
# by unit net/conn_deadline_test
s/    uv_send_buffer_size((uv_handle_t \*)&c->tcp, &bytes);/    (void)bytes;/
