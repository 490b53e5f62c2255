# common/wire/wire_decode.c: a field of a later version counts as a body
# by unit wire/wire_test
s/bodies += protobuf_c_message_descriptor_get_field(/bodies += true || protobuf_c_message_descriptor_get_field(/
