# server/view/sse.c: a follower has three seconds to read, not thirty
# by unit view/watcher_test
s/> STREAM_STUCK_MS \&\&/> STREAM_STUCK_MS \/ 10 \&\&/
