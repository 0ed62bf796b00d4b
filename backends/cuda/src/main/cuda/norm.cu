/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The residual stream of many tokens, gated activations.
#include "norm.h"

/** sum = h + factor * part, and its norm. rows: which rows of h, or null for all. A block a row, of whole warps: as many as have a four, if EACH is 1, else THREADS threads. sum may be h. */
template <int THREADS, int EACH> static __device__ __forceinline__ void add_norm(const float *h, float *sum, const Part &part, const Norm &norm, int n, const int *rows, const Output &o) {
  float4 weight[EACH], v[EACH];
  int r = rows ? rows[blockIdx.x] : (int) blockIdx.x, fours = n / 4;
  add_part<THREADS>(h, part, r, n, v);
  fetch_norm<THREADS>(norm, n, weight);
  if (part.rows) {
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      int i = threadIdx.x + k * THREADS;
      if (i < fours) { ((float4 *) sum)[(size_t) r * fours + i] = v[k]; }
    }
  }
  norm_row<THREADS>(v, norm, weight, n);
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * THREADS;
    if (i / 32 * 32 < fours) { put_four(o, (size_t) blockIdx.x * n + 4 * i, v[k], i < fours); }
  }
}

#define ADD_NORM(EACH) GPU_KERNEL_OF(1024, 1, add_norm_##EACH)(const float *h, float *sum, Part part, Norm norm, int n, const int *rows, Output o) { \
    prefetch_norm(norm, n); begin_kernel(); add_norm<1024, EACH>(h, sum, part, norm, n, rows, o); }
ADD_NORM(1) ADD_NORM(4)
#undef ADD_NORM

/** Gate in y[row][0 .. inner), up behind it. A warp a block of 32. */
GPU_KERNEL(glu)(const float *y, int inner, long long blocks, Gate gate, Output o) {
  begin_kernel();
  long long b = (long long) blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (b >= blocks) { return; }
  int lane = threadIdx.x % 32, across = inner / 32;
  long long row = b / across;
  int at = (int) (b % across) * 32 + lane;
  put(o, (size_t) (row * inner + at), gate(y[row * 2 * inner + at], y[row * 2 * inner + inner + at]));
}
