# common/sys/late_signals.c: signals are ignored until libuv lets go of them
# by unit sys/late_signals_test
s/uv_signal_start(&handles\[i\], on_signal, numbers\[i\]);/;/
