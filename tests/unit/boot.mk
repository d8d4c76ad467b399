# The copy for the boot, and what the shell does to it.
UNIT += boot_copy cli_boot
FOLDERS_boot_copy := store boot model base
LIBS_boot_copy := -lsqlite3
FOLDERS_cli_boot := cli store compile boot model base
LIBS_cli_boot := -lsqlite3
