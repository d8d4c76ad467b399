# Turns the numbered migrations named on the command line into C: one string a file, in that order.
# The files of one database become one array; its name is everything before the number.
function array_of(file) {
	sub(/.*\//, "", file)
	return file ~ /^secrets_/ ? "schema_secrets" : "schema_policy"
}
function close_array() {
	if (open_array != "")
		printf "\t,\n};\nconst int %s_n = sizeof %s / sizeof %s[0];\n", open_array, open_array, open_array
}
BEGIN { print "/* Made by store/schema/embed.awk. */\n#include \"store/schema.h\"" }
FNR == 1 {
	if (array_of(FILENAME) != open_array) {
		close_array()
		open_array = array_of(FILENAME)
		printf "\nconst char *const %s[] = {\n", open_array
	} else {
		print "\t,"
	}
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	printf "\t\"%s\\n\"\n", $0
}
END { close_array() }
