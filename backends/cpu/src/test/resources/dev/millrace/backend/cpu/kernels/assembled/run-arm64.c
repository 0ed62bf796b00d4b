/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs the functions of a file that Arm64Cases has written, and compares what they write bit by bit with what the scalar kernels
 * computed, which stands beside them. Ends with 1 at the first that differs.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { GUARD = 65536, MOST_PIECES = 16 };

typedef struct { char *all, *begin; size_t bytes, room; } piece;

static FILE *in;

static void get(void *to, size_t bytes) {
    if (fread(to, 1, bytes, in) != bytes) {
        printf("the file ends early\n");
        exit(1);
    }
}

static int64_t number(void) {
    int64_t n;
    get(&n, sizeof n);
    return n;
}

/* Memory whose end is the end of a page that is followed by one of nobody. */
static piece allocate(size_t bytes) {
    piece p = {.bytes = bytes, .room = (bytes + GUARD - 1) / GUARD * GUARD};
    p.all = mmap(NULL, p.room + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p.all == MAP_FAILED || mprotect(p.all + p.room, GUARD, PROT_NONE)) {
        printf("there is no memory\n");
        exit(1);
    }
    p.begin = p.all + p.room - (bytes + 15) / 16 * 16;
    get(p.begin, bytes);
    return p;
}

static int differs(float got, float wanted) {
    return memcmp(&got, &wanted, sizeof got) && (got == got || wanted == wanted);
}

int main(int argc, char **argv) {
    long cases = 0;
    int64_t bytes;
    in = fopen(argv[argc - 1], "rb");
    while (in && fread(&bytes, sizeof bytes, 1, in) == 1) {
        int64_t begin = number(), pieces = number(), addresses = number(), expected = number();
        piece code = allocate(bytes), p[MOST_PIECES];
        for (int64_t i = 0; i < pieces; i++) {
            p[i] = allocate(number());
        }
        for (int64_t i = 0; i < addresses; i++) {
            int64_t from = number(), at = number(), target = number(), offset = number();
            char *address = (target < 0 ? code.begin : p[target].begin) + offset;
            memcpy(p[from].begin + at, &address, sizeof address);
        }
        __builtin___clear_cache(code.begin, code.begin + bytes);
        mprotect(code.all, code.room, PROT_READ | PROT_EXEC);
        ((void (*)(void *)) (code.begin + begin))(p[0].begin);
        for (int64_t i = 0; i < expected; i++) {
            int64_t where = number(), at = number(), values = number();
            for (int64_t v = 0; v < values; v++) {
                float wanted;
                get(&wanted, sizeof wanted);
                float got = *(float *) (p[where].begin + at + v * sizeof got);
                if (differs(got, wanted)) {
                    return printf("case %ld, run %ld, value %ld: %g, not %g\n", cases, (long) i, (long) v, got, wanted), 1;
                }
            }
        }
        munmap(code.all, code.room + GUARD);
        for (int64_t i = 0; i < pieces; i++) {
            munmap(p[i].all, p[i].room + GUARD);
        }
        cases++;
    }
    printf("%ld cases, no bit differs\n", cases);
    return cases == 0;
}
