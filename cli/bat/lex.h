/*
 * The lower half of the parser: bytes of a statement, fetched line by line, and the words in them.
 * Private to parse.c and lex.c. Everything stops quietly after the first lex_fail().
 */
#ifndef CLI_BAT_LEX_H
#define CLI_BAT_LEX_H

#include "cli/bat/parse.h"

struct parser {
	const struct line_source *src;
	struct arena *a;
	struct buf *text; /* lines so far, each ended by '\n' */
	size_t pos;
	size_t line;
	unsigned depth;  /* of recursion */
	unsigned parens; /* open ones: only then does `)` end a command */
	struct buf word; /* being collected */
	struct err *e;
	bool failed;
};

/* Sets the error, once. */
void lex_fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Fails with the word that stands here. */
void lex_unexpected(struct parser *p);

/* The current byte, or one after it; '\0' when the text is used up. */
char lex_peek(const struct parser *p);
char lex_peek_at(const struct parser *p, size_t more);
/* At the end of a line, of the text, or failed? */
bool lex_at_end(const struct parser *p);
/* Gets one more line. false at the end of the file. */
bool lex_fetch(struct parser *p);
/* Blank, comma, semicolon, equals: what separates words for cmd. */
bool lex_is_separator(char c);
/* & | < > and, inside parentheses, ) */
bool lex_is_special(const struct parser *p, char c);
void lex_skip_blanks(struct parser *p);

/*
 * Takes one byte, resolving a caret; *literal says that it lost its special meaning. '\n' (not
 * taken) at the end. After a caret at the line end, the first byte of the next line is literal
 * (unless that line is empty).
 */
char lex_take(struct parser *p, bool *literal);
/*
 * Is `word` here, followed by a separator, one of `also_after` or the end? Its length, else 0.
 * Takes nothing.
 */
size_t lex_word_here(const struct parser *p, const char *word, const char *also_after);
/*
 * One word up to a separator, quotes kept, in the arena. NULL (and no error yet) when there is
 * none.
 */
char *lex_word(struct parser *p);
/* Moves what p->word holds into the arena. */
char *lex_collected(struct parser *p);

/* Is a redirection here ([digit] < or >)? lex_redirect() takes it and hangs it onto the list. */
bool lex_redirect_here(const struct parser *p);
void lex_redirect(struct parser *p, struct redirect ***tail);

#endif
