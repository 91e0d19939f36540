"""The tables of an index file. A file of another version is not migrated: it is a cache, and built anew."""

import sqlite_utils

VERSION = 1
"""Raised with every change of the tables, of the words (`context.words`), of the tags, or of what a digest holds."""

APPLICATION_ID = 0x74657263
"""In the file's header: so that no other program's database is taken for an index."""


def create(database: sqlite_utils.Database) -> None:
    with database.conn:
        database.table("meta").create({"key": str, "value": str}, pk="key")
        database.table("contents").create(
            {
                "id": int,
                "key": bytes,  # see contents.key
                "language": str,
                "is_text": int,
                "lines": int,
                "size_bytes": int,
                "generated": int,
                "minified": int,
                "lengths": bytes,  # uint16, a row of one count a field for each document
                "parents": bytes,  # uint16, the document around each document
                "defined": bytes,  # int64, the key of each definition's name
                "imports": str,  # one a line
            },
            pk="id",
        )
        database.execute("CREATE UNIQUE INDEX contents_by_key ON contents (key)")
        database.table("files").create(
            {
                "path": str,
                "content": int,  # 0: not read
                "size_bytes": int,
                "stamp": str,  # of the file when it was read; null if its content must be compared
                "generated": int,
                "minified": int,
                "vendored": int,
                "words": str,  # of the path
            },
            pk="path",
        )
        database.execute("CREATE INDEX files_by_content ON files (content)")
        _create_large(database)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _create_large(database: sqlite_utils.Database) -> None:
    """Tables without a row id: their rows lie in the order in which they are read."""
    database.execute(
        'CREATE TABLE definitions (content INTEGER, ordinal INTEGER, name TEXT, kind TEXT, start INTEGER, "end" INTEGER,'
        " name_line INTEGER, name_character INTEGER, scope TEXT, signature TEXT, doc TEXT, PRIMARY KEY (content, ordinal))"
        " WITHOUT ROWID"
    )
    database.execute("CREATE INDEX definitions_by_name ON definitions (name)")
    database.execute(
        "CREATE TABLE uses (content INTEGER PRIMARY KEY, names BLOB, counts BLOB, lines BLOB, kind_of BLOB, kinds TEXT)"
    )
    database.execute("CREATE TABLE segments (id INTEGER PRIMARY KEY, size_bytes INTEGER)")
    database.execute(
        "CREATE TABLE postings (term TEXT, segment INTEGER, data BLOB, PRIMARY KEY (term, segment)) WITHOUT ROWID"
    )
    database.execute(
        "CREATE TABLE commits (sha TEXT PRIMARY KEY, time INTEGER, subject TEXT, body TEXT, changes TEXT) WITHOUT ROWID"
    )
