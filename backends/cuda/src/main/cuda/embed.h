/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Where the residual stream begins.
#pragma once
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
