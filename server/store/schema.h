// SPDX-License-Identifier: MIT
/*
 * The tables of a state directory, as SQL for SQLite: what a person sees who opens
 * state.db with the sqlite3 shell.  Constants only.
 */
#ifndef SERVER_STORE_SCHEMA_H
#define SERVER_STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 2,              /* PRAGMA user_version */
    SCHEMA_APPLICATION = 0x7069636f, /* PRAGMA application_id: "pico" */
};

/* Makes the tables of version 1 in an empty database, with its numbers. */
extern const char schema_create[];

/* Makes version 2 of version 1: audits. */
extern const char schema_second[];

#endif
