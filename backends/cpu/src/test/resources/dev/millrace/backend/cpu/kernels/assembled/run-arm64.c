/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs the kernels of a file that Arm64Cases has written, and compares their results bit by bit with those of the scalar kernels that
 * stand beside them. Ends with 1 at the first that differs.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CODE, BEGIN, WEIGHTS, INPUTS, RESULTS, GROUPS, GROUP_BYTES, BLOCKS, VECTOR_STRIDE, GROUP_STRIDE, PARTS, PART, HEADER };

/* Memory whose end is the end of a page that is followed by one of nobody. */
static char *at_end(size_t bytes) {
    size_t room = (bytes + 65535) / 65536 * 65536;
    char *all = mmap(NULL, room + 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(all + room, 65536, PROT_NONE);
    return all + room - (bytes + 15) / 16 * 16;
}

int main(int argc, char **argv) {
    FILE *in = fopen(argv[argc - 1], "rb");
    int64_t h[HEADER];
    static char own[4096] __attribute__((aligned(64)));
    long cases = 0;
    while (in && fread(h, sizeof h, 1, in) == 1) {
        size_t room = (h[CODE] + 65535) / 65536 * 65536;
        char *code = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char *weights = at_end(h[WEIGHTS]), *inputs = at_end(h[INPUTS]), *results = at_end(h[RESULTS]);
        char *expected = malloc(h[RESULTS]);
        if (fread(code, h[CODE], 1, in) + fread(weights, h[WEIGHTS], 1, in) + fread(inputs, h[INPUTS], 1, in)
                + fread(expected, h[RESULTS], 1, in) != 4) {
            return printf("the file ends early\n"), 1;
        }
        __builtin___clear_cache(code, code + h[CODE]);
        mprotect(code, room, PROT_READ | PROT_EXEC);
        for (int64_t part = 0; part < h[PARTS]; part++) {
            int64_t told[] = {(int64_t) (weights + part * h[PART]), h[GROUPS], h[GROUP_BYTES], (int64_t) inputs, h[BLOCKS],
                    (int64_t) (results + part * h[PART]), h[VECTOR_STRIDE], h[GROUP_STRIDE]};
            memcpy(own, told, sizeof told);
            ((void (*)(void *)) (code + h[BEGIN]))(own);
        }
        for (int64_t i = 0; i < h[RESULTS] / 4; i++) {
            float got = ((float *) results)[i], wanted = ((float *) expected)[i];
            if (memcmp(&got, &wanted, 4) && (got == got || wanted == wanted)) {
                return printf("case %ld, result %ld: %g, not %g\n", cases, (long) i, got, wanted), 1;
            }
        }
        munmap(code, room);
        free(expected);
        cases++;
    }
    printf("%ld cases, no bit differs\n", cases);
    return cases == 0;
}
