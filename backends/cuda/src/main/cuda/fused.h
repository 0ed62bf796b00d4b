/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Products of one column with what comes behind them, so that a token takes fewer launches: gates, and short convolutions with their
// states. A block of 32 warps makes 32 values, as many as are quantised together.
#pragma once
#include "matvec.h"

enum { TOGETHER = 32 };

/** The value of each warp of a block, to where the next kernel reads it. */
static __device__ __forceinline__ void put_together(const Output &o, size_t first, float v) {
  __shared__ float values[TOGETHER];
  if (threadIdx.x % 32 == 0) { values[threadIdx.x / 32] = v; }
  __syncthreads();
  if (threadIdx.x < TOGETHER) { put(o, first + threadIdx.x, values[threadIdx.x]); }
}

/**
 * Gate of rows [0, inner) and up behind it. With ids: blockIdx.y is the entry, its matrix the ids[entry]-th of those stacked in w, its column
 * entry / share. Grid (inner / 32, entries). dot: products of rows at these blocks with a column.
 */
template <int T, class F> static __device__ __forceinline__ void gated(const Weights &w, const float *bias, int inner, int columns, const int *ids, int share,
    Gate gate, const Output &o, F dot) {
  int row = blockIdx.x * TOGETHER + threadIdx.x / 32, blocks = columns / 32;
  prefetch_row<T>(w, row, inner, columns, ids);
  prefetch_row<T>(w, inner + row, 2 * inner, columns, ids);
  begin_kernel();
  size_t first = (ids ? (size_t) ids[blockIdx.y] : 0) * 2 * inner + row, base[2] = {first * blocks, (first + inner) * blocks};
  float sum[2][1];
  dot(base, blocks, ids ? (int) blockIdx.y / share : 0, sum);
  float g = warp_sum(sum[0][0]) + (bias ? bias[first] : 0), u = warp_sum(sum[1][0]) + (bias ? bias[first + inner] : 0);
  put_together(o, (size_t) blockIdx.y * inner + blockIdx.x * TOGETHER, gate(g, u));
}

/** States of short convolutions: where a step reads one and writes one, [size - 1][width] floats at an offset, oldest first. */
struct Taps {
  const float *taps;
  int size;
  const unsigned long long *from, *to;
  long long offset;
};

/** Short convolution of one token: y = c * convolution of u, u = b * x; rows [0, width) are b, then c, then x. Grid width / 32. */
template <int T, class F> static __device__ __forceinline__ void conv(const Weights &w, const float *bias, int width, int columns, const Taps &taps, const Output &o,
    F dot) {
  int channel = blockIdx.x * TOGETHER + threadIdx.x / 32, blocks = columns / 32;
#pragma unroll
  for (int part = 0; part < 3; part++) { prefetch_row<T>(w, part * width + channel, 3 * width, columns, nullptr); }
  begin_kernel();
  size_t base[3];
  float sum[3][1], bcx[3];
#pragma unroll
  for (int part = 0; part < 3; part++) { base[part] = ((size_t) part * width + channel) * blocks; }
  dot(base, blocks, 0, sum);
#pragma unroll
  for (int part = 0; part < 3; part++) { bcx[part] = warp_sum(sum[part][0]) + (bias ? bias[part * width + channel] : 0); }
  const float *before = (const float *) (taps.from[0] + taps.offset);
  float *after = (float *) (taps.to[0] + taps.offset), u = bcx[0] * bcx[2], y = 0;
  for (int j = 0; j < taps.size; j++) {
    float v = j < taps.size - 1 ? before[(size_t) j * width + channel] : u;
    y += taps.taps[(size_t) channel * taps.size + j] * v;
    if (j > 0 && threadIdx.x % 32 == 0) { after[(size_t) (j - 1) * width + channel] = v; }
  }
  put_together(o, (size_t) blockIdx.x * TOGETHER, y * bcx[1]);
}
