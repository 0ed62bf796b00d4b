/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The residual stream: sums and norms, gated activations.
#include "blocks.h"

/**
 * What a part of a layer gives, for the stream: used rows a token, to be summed with weights if there are any; one row more with the
 * shared expert; then a norm if there is one. Null rows: nothing.
 */
struct Part {
  const float *rows, *weights;
  int used;
  const float *shared, *shared_weights, *norm;
  float epsilon, factor;
};

/** Sum over a block; sums: 32 floats that nobody else uses. */
static __device__ __forceinline__ float block_sum(float s, float *sums) {
  s = warp_sum(s);
  if (threadIdx.x % 32 == 0) { sums[threadIdx.x / 32] = s; }
  __syncthreads();
  return warp_sum(threadIdx.x % 32 < blockDim.x / 32 ? sums[threadIdx.x % 32] : 0);
}

enum { MOST_EACH = 16 };   // values of a row that a thread holds

/**
 * h += factor * part, then the root mean square norm of h. rows: which rows of h, or null for all. A block of whole warps a row; n is a
 * multiple of 32 and at most MOST_EACH times the threads. weight may be null: no norm. Values stay in registers, so that all loads are on
 * their way at once: with few tokens nothing else hides their latency.
 */
GPU_LARGE_KERNEL(add_norm)(float *h, Part part, const float *weight, float epsilon, int n, const int *rows, Output o) {
  begin_kernel();
  __shared__ float of_part[32], of_row[32];
  int r = rows ? rows[blockIdx.x] : (int) blockIdx.x;
  float *row = h + (size_t) r * n, v[MOST_EACH], given[MOST_EACH];
#pragma unroll
  for (int k = 0; k < MOST_EACH; k++) {
    int i = threadIdx.x + k * blockDim.x;
    v[k] = given[k] = 0;
    if (i >= n) { continue; }
    v[k] = row[i];
    if (!part.rows) { continue; }
    if (!part.weights) { given[k] = part.rows[(size_t) r * n + i]; continue; }
    float d = 0;
#pragma unroll 4
    for (int u = 0; u < part.used; u++) { d += part.weights[(size_t) r * part.used + u] * part.rows[((size_t) r * part.used + u) * n + i]; }
    given[k] = part.shared ? d + (part.shared_weights ? part.shared_weights[r] : 1) * part.shared[(size_t) r * n + i] : d;
  }
  float by = part.factor;
  if (part.norm) {
    float s = 0;
#pragma unroll
    for (int k = 0; k < MOST_EACH; k++) { s += given[k] * given[k]; }
    by /= sqrtf(block_sum(s, of_part) / n + part.epsilon);
  }
  float s = 0;
#pragma unroll
  for (int k = 0; k < MOST_EACH; k++) {
    int i = threadIdx.x + k * blockDim.x;
    if (part.rows && i < n) {
      v[k] += by * (part.norm ? given[k] * part.norm[i] : given[k]);
      row[i] = v[k];
    }
    s += v[k] * v[k];
  }
  float scale = weight ? 1 / sqrtf(block_sum(s, of_row) / n + epsilon) : 1;
#pragma unroll
  for (int k = 0; k < MOST_EACH; k++) {
    int i = threadIdx.x + k * blockDim.x;   // the same for a whole warp, but for the lane: n and blockDim are multiples of 32
    if (i < n) { put(o, (size_t) blockIdx.x * n + i, weight ? v[k] * scale * weight[i] : v[k]); }
  }
}

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
