/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Gated short convolution.
#include "blocks.h"

/**
 * y = c * convolution of u, u = b * x, for all tokens of a batch. bcx: [tokens][3 width]; taps: [width][size].
 * States: one address a step to read and one to write, [size - 1][width] floats at offset, oldest first. steps: int4 (first
 * token, tokens, position of the first, page offset). A thread a channel of a token: grid (width / blockDim, tokens).
 */
GPU_KERNEL(short_conv)(const float *bcx, const float *taps, int width, int size, const int *step_of, const int4 *steps,
    const unsigned long long *state_from, const unsigned long long *state_to, long long offset, Output o) {
  begin_kernel();
  int channel = blockIdx.x * blockDim.x + threadIdx.x, token = blockIdx.y;
  if (channel >= width) { return; }   // whole warps: width is a multiple of 32
  int step = step_of[token];
  int4 s = steps[step];
  int at = token - s.x;
  const float *before = (const float *) (state_from[step] + offset);
  float *after = (float *) (state_to[step] + offset);
  auto u = [&](int t) {
    if (t < 0) { return before[(size_t) (size - 1 + t) * width + channel]; }
    const float *row = bcx + (size_t) (s.x + t) * 3 * width + channel;
    return row[0] * row[2 * width];
  };
  float sum = 0;
  for (int j = 0; j < size; j++) { sum += taps[(size_t) channel * size + j] * u(at - (size - 1) + j); }
  if (at == s.y - 1) {
    for (int j = 0; j < size - 1; j++) { after[(size_t) j * width + channel] = u(at - (size - 2) + j); }
  }
  put(o, (size_t) token * width + channel, sum * bcx[((size_t) token * 3 + 1) * width + channel]);
}
