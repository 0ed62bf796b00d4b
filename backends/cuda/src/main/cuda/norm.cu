/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The residual stream: embedding, sums and norms, gated activations.
#include "blocks.h"

/** h[token] = factor * row of the embedding. A block a token, a thread a block of 32. */
template <int T> static __device__ void embed(const Weights &w, const int *tokens, float *h, int columns, float factor) {
  int blocks = columns / 32;
  size_t row = (size_t) tokens[blockIdx.x] * blocks;
  for (int b = threadIdx.x; b < blocks; b += blockDim.x) {
    float *to = h + (size_t) blockIdx.x * columns + b * 32;
    if (T >= BF16) {
      for (int i = 0; i < 32; i++) { to[i] = factor * plain<T>(w.codes, (row + b) * 32 + i); }
    } else {
      Codes c;
      read<T>(w, row + b, c);
      for (int i = 0; i < 32; i++) { to[i] = factor * value(c, i); }
    }
  }
}
#define EMBED(T) GPU_KERNEL(embed_##T)(Weights w, const int *tokens, float *h, int columns, float factor) { embed<T>(w, tokens, h, columns, factor); }
EMBED(Q4_0) EMBED(Q8_0) EMBED(Q4_K) EMBED(Q5_K) EMBED(Q6_K) EMBED(BF16) EMBED(F16) EMBED(F32)

/**
 * h += residual * delta (if any), then the root mean square norm of h. With weights, delta has used rows a token, to be summed with
 * them. rows: which rows of h, or null for all. A block of whole warps a row; n is a multiple of 32. weight may be null: no norm.
 */
GPU_KERNEL(add_norm)(float *h, const float *delta, const float *weights, int used, float residual, const float *weight, float epsilon, int n,
    const int *rows, Output o) {
  __shared__ float sums[32];
  int r = rows ? rows[blockIdx.x] : (int) blockIdx.x, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  float *row = h + (size_t) r * n;
  float s = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    float v = row[i];
    if (delta) {
      float d = 0;
      if (weights) {
        for (int k = 0; k < used; k++) { d += weights[(size_t) r * used + k] * delta[((size_t) r * used + k) * n + i]; }
      } else {
        d = delta[(size_t) r * n + i];
      }
      v += residual * d;
      row[i] = v;
    }
    s += v * v;
  }
  float scale = 1;
  if (weight) {
    s = warp_sum(s);
    if (threadIdx.x % 32 == 0) { sums[warp] = s; }
    __syncthreads();
    s = (int) threadIdx.x % 32 < warps ? sums[threadIdx.x % 32] : 0;
    scale = 1 / sqrtf(warp_sum(s) / n + epsilon);
  }
  for (int i = threadIdx.x; i < n; i += blockDim.x) {   // the same values as above: n and blockDim are multiples of 32
    put(o, (size_t) blockIdx.x * n + i, weight ? row[i] * scale * weight[i] : row[i]);
  }
}

/** Gate in y[row][0 .. inner), up behind it. A warp a block of 32. kind 0: silu, 1: gelu (tanh), 2: clamped swiglu. */
GPU_KERNEL(glu)(const float *y, int inner, long long blocks, int kind, float alpha, float limit, Output o) {
  long long b = (long long) blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (b >= blocks) { return; }
  int lane = threadIdx.x % 32, across = inner / 32;
  long long row = b / across;
  int at = (int) (b % across) * 32 + lane;
  float g = y[row * 2 * inner + at], u = y[row * 2 * inner + inner + at], v;
  if (kind == 0) {
    v = g / (1 + expf(-g)) * u;
  } else if (kind == 1) {
    v = 0.5f * g * (1 + tanhf(0.79788456080286535588f * (g + 0.044715f * g * g * g))) * u;
  } else {
    g = fminf(g, limit);
    u = fminf(fmaxf(u, -limit), limit);
    v = g / (1 + expf(-alpha * g)) * (u + 1);
  }
  put(o, (size_t) (row * inner + at), v);
}
