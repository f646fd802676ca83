/* Sets of byte ranges of a file. */
#pragma once
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct range { off_t start, end; };
struct ranges { struct range *items; size_t count, capacity; }; /* sorted, neither touching nor overlapping */

static size_t first_ending_at_or_after(const struct ranges *ranges, off_t offset) {
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges->items[middle].end < offset) low = middle + 1; else high = middle;
    }
    return low;
}

static void replace(struct ranges *ranges, size_t from, size_t to, const struct range *with, size_t count) {
    size_t tail = ranges->count - to, total = from + count + tail;
    if (total > ranges->capacity) {
        ranges->capacity = total * 2;
        ranges->items = realloc(ranges->items, ranges->capacity * sizeof *ranges->items);
        if (!ranges->items) abort();
    }
    if (tail > 0) memmove(ranges->items + from + count, ranges->items + to, tail * sizeof *ranges->items);
    if (count > 0) memcpy(ranges->items + from, with, count * sizeof *with);
    ranges->count = total;
}

static void add(struct ranges *ranges, off_t start, off_t end) {
    if (start >= end) return;
    size_t from = first_ending_at_or_after(ranges, start), to = from;
    for (; to < ranges->count && ranges->items[to].start <= end; to++) {
        if (ranges->items[to].start < start) start = ranges->items[to].start;
        if (ranges->items[to].end > end) end = ranges->items[to].end;
    }
    replace(ranges, from, to, &(struct range){start, end}, 1);
}

/* Returns whether anything was removed. */
static bool cut_out(struct ranges *ranges, off_t start, off_t end) {
    if (start >= end) return false;
    struct range kept[2];
    size_t from = first_ending_at_or_after(ranges, start + 1), to = from, count = 0;
    for (; to < ranges->count && ranges->items[to].start < end; to++) {
        struct range item = ranges->items[to];
        if (item.start < start) kept[count++] = (struct range){item.start, start};
        if (item.end > end) kept[count++] = (struct range){end, item.end};
    }
    if (from == to) return false;
    replace(ranges, from, to, kept, count);
    return true;
}

/* Moves what lies between start and end from one set to the other. */
static void move_between(struct ranges *from, struct ranges *to, off_t start, off_t end) {
    for (size_t i = 0; i < from->count; i++) {
        struct range item = from->items[i];
        add(to, item.start > start ? item.start : start, item.end < end ? item.end : end);
    }
    cut_out(from, start, end);
}
