# server/core/slices.c: the slice after the first one is never counted
s/return r->counted == r->range.count ? r : NULL;/return r->counted + s.range.count >= r->range.count ? r : NULL;/
