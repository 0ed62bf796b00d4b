/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The kernels that read weights of one type, which TYPE names: a module for each, of which a model loads those that it needs. PLAIN
// is defined where weights are not quantised.
#include "embed.h"
#include "fused.h"
#include "matmul.h"
#include "repack.h"

#define JOINED(a, b) a##_##b
#define NAME(a, b) JOINED(a, b)
#define NUMBERED(a, b, n) NAME(NAME(a, b), n)

GPU_KERNEL(NAME(embed, TYPE))(Weights w, const int *tokens, float *h, int columns, float factor) { begin_kernel(); embed<TYPE>(w, tokens, h, columns, factor); }

#define MATMUL(ROWS, COLUMNS, BLOCKS) GPU_KERNEL_OF(128, BLOCKS, NUMBERED(NAME(matmul, TYPE), ROWS, COLUMNS))(Weights w, const __nv_bfloat16 *x, float *y, \
    const float *bias, int rows, int columns, int n, int stride, const int4 *tiles, const int *order, int share, __nv_bfloat16 *gated) { if (!tiles && !gated) { prefetch_rows<TYPE, ROWS>(w, rows, columns); } begin_kernel(); matmul<TYPE, ROWS / 64, COLUMNS>(w, x, y, bias, rows, columns, n, stride, tiles, order, share, gated); }
MATMUL(64, 64, 3) MATMUL(128, 48, 3) MATMUL(128, 96, 2)

#define FLOATS(N, BLOCKS) GPU_KERNEL_OF(128, BLOCKS, NUMBERED(matvec_floats, TYPE, N))(Weights w, const float *x, float *y, const float *bias, int rows, int columns, int n, int stride, \
    const int *ids, int share, int early) { matvec<TYPE, N>(w, Floats{x}, y, bias, rows, columns, n, stride, ids, share, early); }
FLOATS(1, 4) FLOATS(8, 3)

GPU_KERNEL_OF(GATED_WARPS * 32, 2, NAME(gated_floats, TYPE))(Weights w, const float *x, const float *bias, int inner, int columns, const int *ids, int share,
    Gate gate, Output o) { gated<TYPE>(w, Floats{x}, bias, inner, columns, ids, share, gate, o); }
GPU_KERNEL_OF(CONV_WARPS * 32, 1, NAME(conv_floats, TYPE))(Weights w, const float *h, float *sum, Part part, Norm norm, const float *bias, int width, Taps taps,
    Output o) { conv<TYPE, Floats>(w, h, sum, part, norm, bias, width, taps, o); }

#ifdef PLAIN
FLOATS(2, 4) FLOATS(4, 3)
#else
GPU_KERNEL(NAME(repack, TYPE))(const uint8_t *raw, Weights w, long long first, long long count) { begin_kernel(); repack<TYPE>(raw, w, first, count); }

#define CODES(N, BLOCKS) GPU_KERNEL_OF(128, BLOCKS, NUMBERED(matvec_codes, TYPE, N))(Weights w, const int8_t *codes, const float2 *scales, float *y, const float *bias, int rows, \
    int columns, int n, int stride, const int *ids, int share, int early) { matvec<TYPE, N>(w, Coded{codes, scales}, y, bias, rows, columns, n, stride, ids, share, early); }
CODES(1, 6) CODES(2, 4) CODES(4, 4) CODES(8, 3)
#undef CODES
GPU_KERNEL_OF(GATED_WARPS * 32, 2, NAME(gated_codes, TYPE))(Weights w, const int8_t *codes, const float2 *scales, const float *bias, int inner, int columns,
    const int *ids, int share, Gate gate, Output o) { gated<TYPE>(w, Coded{codes, scales}, bias, inner, columns, ids, share, gate, o); }
GPU_KERNEL_OF(CONV_WARPS * 32, 1, NAME(conv_codes, TYPE))(Weights w, const float *h, float *sum, Part part, Norm norm, const float *bias, int width, Taps taps,
    Output o) { conv<TYPE, Coded>(w, h, sum, part, norm, bias, width, taps, o); }
#endif
#undef MATMUL
#undef FLOATS
#undef JOINED
#undef NAME
#undef NUMBERED
