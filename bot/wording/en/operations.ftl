### Why the store can't be used, backed up or restored (bot/store).

store_error_no_url = it is no database URL
store_error_unusable_path = { $path }: { $reason }
store_error_readable_by_others = { $path }: others can read it, and it belongs to somebody else: chmod 600
store_error_unusable = the database can't be used: { $reason }
store_error_unusable_file = { $path } can't be used: { $reason }
store_error_copy_failed = the copy failed: { $reason }

## Its schema

schema_differs =
    its schema is not that of version { $revision }: { $differences }{ $more ->
        [0] { "" }
       *[other] , and { $more } more
    }
schema_mend = restore a backup, or undo by hand what was changed
schema_newer = it is newer than this program
schema_no_table = the table { $table } is missing
schema_later_table = the table { $table } is of a later version
schema_missing = missing is { $what }
schema_surplus = nobody made { $what }
store_error_other_schema = { schema_differs }; { schema_mend }
store_error_unknown_version = its version is not known: { $table } has { $rows } rows; { schema_mend }
store_error_newer = it is of version { $revision }, newer than this program ({ $wanted }): update the program
store_error_restoring = a restore did not end here: make the database anew, and restore again
store_error_no_upgrade = the database can't be brought up to date: { $error }
store_error_no_schema_file = { $path } is missing: `make schemas` writes it for a new migration

## Its keys and its secret

store_error_no_keys = there are no keys, and the database was begun with some; bring them back, or name where they are
store_error_unusable_keys = the keys can't be used: { $reason }
store_error_other_secret = the keys were made with another REFUND_DESK_SECRET
store_error_secret_unreadable = { $path } can't be read: { $reason }
store_error_secret_no_text = { $path } can't be read: not a text file
store_error_secret_short = { $path } holds fewer than { $least } characters
store_error_secret_missing = { $path } is missing, and the database was begun with a secret; bring it back, or set it

## PostgreSQL's own programs

store_error_no_program = { $program } is not there: install the client programs of PostgreSQL { $version }
store_error_old_program =
    { $program } is of version { $found ->
        [unknown] unknown
       *[other] { $found }
    }, older than the server: install the client programs of PostgreSQL { $version }
store_error_program_failed = { $program }: it failed
store_error_program_failed_because = { $program }: { $reason }

## Backups

backup_error_unusable_path = { $path }: { $reason }
backup_error_nothing_there = the database is empty: there is nothing to back up
backup_error_other_schema = { schema_differs }
backup_error_keys_of_no_database = the keys are not those of the database
backup_error_folder_not_empty = { $path } is not empty: name a new folder
backup_error_folder_is_link = { $path } is a link
backup_error_file_is_link = { $path }: it is a link
backup_error_no_file = { $path } is no file
backup_error_no_such_file = { $path } is missing
backup_error_file_changed = { $path } was changed: { $size } bytes, and { $was } were backed up
backup_error_manifest_changed = { $path }: it was changed, or was not made with this secret
backup_error_no_manifest = { $path } is missing: this is no whole backup
backup_error_unreadable_manifest = { $path } is no manifest of a backup
backup_error_other_manifest = { $path }: not the manifest of { $part } in the format { $format }
backup_error_secret_no_text = { $path } is no text
backup_error_other_dialect = the { $part } are of { $dialect }, and { $variable } names { $named }
backup_error_database_not_empty = the database is not empty: a backup is restored into a new one only
backup_error_keys_there_foreign = the keys that are in place are those of another installation
backup_error_keys_there_older = the keys that are in place are older than the data: move them away
backup_error_keys_foreign = the keys are those of another installation
backup_error_keys_older = the keys of { $keys_at } are older than the data of { $data_at }: what was said in between could not be opened; put newer keys into the folder
backup_error_restored_otherwise = what was restored is not what the manifest says
backup_error_keys_of_other_data = the keys are not those of the data
