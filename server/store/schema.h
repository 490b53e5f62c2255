// SPDX-License-Identifier: MIT
/*
 * The tables of a state directory, as SQL for SQLite; also what the sqlite3 shell shows
 * of state.db.  Constants only.
 */
#ifndef SERVER_STORE_SCHEMA_H
#define SERVER_STORE_SCHEMA_H

enum {
    /* PRAGMA user_version: the version of the tables in its lowest byte, above it the
     * mark of the log that belongs to the file, see log_check.h; 0: none. */
    SCHEMA_VERSION = 4,
    SCHEMA_VERSION_MASK = 0xff,
    SCHEMA_MARK_SHIFT = 8,
    SCHEMA_MARK_MAX = 0x7fffff,
    SCHEMA_APPLICATION = 0x7069636f, /* PRAGMA application_id: "pico" */
};

/* schema_steps[v] leads from version v to the next; 0 is an empty database. */
extern const char *const schema_steps[SCHEMA_VERSION];

#endif
