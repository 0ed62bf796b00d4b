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

#define MATMUL(ROWS, COLUMNS, BLOCKS) GPU_TILE_KERNEL(BLOCKS, NUMBERED(NAME(matmul, TYPE), ROWS, COLUMNS))(Weights w, const __nv_bfloat16 *x, float *y, \
    const float *bias, int rows, int columns, int n, int stride, const int4 *tiles, const int *order, int share, __nv_bfloat16 *gated) { if (!tiles && !gated) { prefetch_rows<TYPE, ROWS>(w, rows, columns); } begin_kernel(); matmul<TYPE, ROWS / 64, COLUMNS>(w, x, y, bias, rows, columns, n, stride, tiles, order, share, gated); }
MATMUL(64, 64, 3) MATMUL(128, 48, 3) MATMUL(128, 96, 2)

#define FLOATS(N) GPU_KERNEL(NUMBERED(matvec_floats, TYPE, N))(Weights w, const float *x, float *y, const float *bias, int rows, int columns, int n, int stride, \
    const int *ids, int share) { prefetch_row<TYPE>(w, blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, rows, columns, ids); begin_kernel(); matvec_floats<TYPE, N>(w, x, y, bias, rows, columns, n, stride, ids, share); }
FLOATS(1) FLOATS(8)

#define DOT(...) [&](auto &base, int blocks, int column, auto &sum) { dots<TYPE, 1>(w, base, __VA_ARGS__, blocks, column, 1, sum); }
GPU_LARGE_KERNEL(NAME(gated_floats, TYPE))(Weights w, const float *x, const float *bias, int inner, int columns, const int *ids, int share, Gate gate, Output o) {
  gated<TYPE>(w, bias, inner, columns, ids, share, gate, o, DOT(x));
}
GPU_LARGE_KERNEL(NAME(conv_floats, TYPE))(Weights w, const float *x, const float *bias, int width, int columns, Taps taps, Output o) {
  conv<TYPE>(w, bias, width, columns, taps, o, DOT(x));
}

#ifdef PLAIN
FLOATS(2) FLOATS(4)
#else
GPU_KERNEL(NAME(repack, TYPE))(const uint8_t *raw, Weights w, long long first, long long count) { begin_kernel(); repack<TYPE>(raw, w, first, count); }

#define CODES(N) GPU_KERNEL(NUMBERED(matvec_codes, TYPE, N))(Weights w, const int8_t *codes, const float2 *scales, float *y, const float *bias, int rows, \
    int columns, int n, int stride, const int *ids, int share) { prefetch_row<TYPE>(w, blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, rows, columns, ids); begin_kernel(); matvec_codes<TYPE, N>(w, codes, scales, y, bias, rows, columns, n, stride, ids, share); }
CODES(1) CODES(2) CODES(4) CODES(8)
#undef CODES
GPU_LARGE_KERNEL(NAME(gated_codes, TYPE))(Weights w, const int8_t *codes, const float2 *scales, const float *bias, int inner, int columns, const int *ids, int share,
    Gate gate, Output o) {
  gated<TYPE>(w, bias, inner, columns, ids, share, gate, o, DOT(codes, scales));
}
GPU_LARGE_KERNEL(NAME(conv_codes, TYPE))(Weights w, const int8_t *codes, const float2 *scales, const float *bias, int width, int columns, Taps taps, Output o) {
  conv<TYPE>(w, bias, width, columns, taps, o, DOT(codes, scales));
}
#endif
#undef MATMUL
#undef FLOATS
#undef DOT
#undef JOINED
#undef NAME
#undef NUMBERED
