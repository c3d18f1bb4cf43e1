// SPDX-License-Identifier: MIT
/* Words: pieces of a longer text, which they borrow; they are not terminated. */
#ifndef CONCBENCH_WORD_H
#define CONCBENCH_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct word {
	const char *text;
	size_t length;
};

/*
 * Cuts the next word off `*rest` at any of `separators`; false at the end. An empty word is a word:
 * who wants none refuses it.
 */
static inline bool word_next(const char **rest, const char *separators, struct word *word)
{
	if (!*rest)
		return false;
	word->text = *rest;
	word->length = strcspn(*rest, separators);
	*rest = word->text[word->length] ? word->text + word->length + 1 : NULL;
	return true;
}

/* A word as a terminated copy in buf; false when it is too long. */
static inline bool word_copy(struct word word, char *buf, size_t size)
{
	if (word.length >= size)
		return false;
	memcpy(buf, word.text, word.length);
	buf[word.length] = '\0';
	return true;
}

static inline bool word_same(struct word a, struct word b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

/* A whole text as a word. */
static inline struct word word_of(const char *text)
{
	return (struct word){text, strlen(text)};
}

#endif
