// SPDX-License-Identifier: MIT
/* Texts, each stored once; an open hash table finds them. */
#include "interner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a's step, taken on eight bytes at a time: keys are long and there may be a million. */
static uint64_t hash_of(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u + length;

	for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
		uint64_t word = 0;

		memcpy(&word, text + i, length - i < sizeof(word) ? length - i : sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

static bool text_is(const char *stored, const char *text, size_t length)
{
	return !strncmp(stored, text, length) && stored[length] == '\0';
}

/* The slot that holds the text, or the free one where it belongs. The table is never full. */
static uint32_t slot_find(const struct interner *interner, const char *text, size_t length)
{
	uint32_t mask = interner->n_slots - 1;
	uint32_t slot = (uint32_t)hash_of(text, length) & mask;

	while (interner->slots[slot] &&
		   !text_is(interner->texts[interner->slots[slot] - 1], text, length))
		slot = (slot + 1) & mask;
	return slot;
}

/* Doubles both tables; the slots stay at most half full. */
static int interner_grow(struct interner *interner)
{
	uint32_t capacity = interner->capacity ? 2 * interner->capacity : 64;
	char **texts = realloc(interner->texts, capacity * sizeof(*texts));
	uint32_t *slots = calloc(2 * (size_t)capacity, sizeof(*slots));

	if (texts)
		interner->texts = texts;
	if (!texts || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(interner->slots);
	interner->slots = slots;
	interner->n_slots = 2 * capacity;
	interner->capacity = capacity;
	for (uint32_t i = 0; i < interner->n; i++)
		slots[slot_find(interner, texts[i], strlen(texts[i]))] = i + 1;
	return 0;
}

int64_t interner_add(struct interner *interner, const char *text, size_t length)
{
	uint32_t slot;

	if (interner->n == interner->capacity && interner_grow(interner) < 0)
		return -ENOMEM;
	slot = slot_find(interner, text, length);
	if (interner->slots[slot])
		return interner->slots[slot] - 1;
	interner->texts[interner->n] = strndup(text, length);
	if (!interner->texts[interner->n])
		return -ENOMEM;
	interner->slots[slot] = ++interner->n;
	return interner->n - 1;
}

void interner_release(struct interner *interner)
{
	for (uint32_t i = 0; i < interner->n; i++)
		free(interner->texts[i]);
	free(interner->texts);
	free(interner->slots);
}
