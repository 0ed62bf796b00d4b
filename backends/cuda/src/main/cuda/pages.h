/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Pages of keys and values, and what all kernels of attention know about them.
//
// A page holds PAGE tokens of all layers. Where a layer starts in it is an offset; there, for each key-value head: PAGE keys, PAGE
// values, and for codes of 8 bits the scales of the keys and of the values.
#pragma once
#include "blocks.h"

enum { PAGE = 32 };
enum Kind { KV_F32, KV_F16, KV_Q8 };

template <int K> static __device__ __forceinline__ int value_bytes() { return K == KV_F32 ? 4 : K == KV_F16 ? 2 : 1; }
template <int K> static __device__ __forceinline__ size_t head_bytes(int size) { return (size_t) 2 * PAGE * (size * value_bytes<K>() + (K == KV_Q8 ? 4 : 0)); }

/** Pages of a sequence: addresses in a table, from the step's offset on. */
static __device__ __forceinline__ unsigned char *page(const unsigned long long *pages, const int4 &step, int position) {
  return in_global((unsigned char *) pages[step.w + position / PAGE]);
}

struct Scores {
  float scale, softcap;
  int window;
};

/**
 * Adds up the splits of 32 values of a head of a token, from the first on, of which there are at most 32. sinks: a score for each head, or null. All lanes of a warp take part. No codes where size is no multiple of 32.
 */
static __device__ __forceinline__ void add_splits(const float *partial, int first, int splits, const float *sinks, int token, int head, int heads, int size, int from,
    const Output &o) {
  constexpr int AT_ONCE = 8;
  int lane = threadIdx.x % 32, i = from + lane;
  // past the first-level cache, which does not see what other blocks have written meanwhile
  auto load = [&](int s, int i) { return __ldcg(partial + ((size_t) (first + s) * heads + head) * (size + 2) + i); };
  float x[AT_ONCE], v = 0;
  auto values = [&](int s) {
#pragma unroll
    for (int k = 0; k < AT_ONCE; k++) { x[k] = s + k < splits && i < size ? load(s + k, i) : 0; }
  };
  float mine = lane < splits ? load(lane, size) : -INFINITY, weight = lane < splits ? load(lane, size + 1) : 0, sink = sinks ? sinks[head] : -INFINITY;
  values(0);   // on their way while the weights are worked out
  float most = fmaxf(warp_max(mine), sink), factor = mine == -INFINITY ? 0 : expf(mine - most);
  float sum = warp_sum(weight * factor) + (sinks ? expf(sink - most) : 0);
  for (int s = 0; s < splits; s += AT_ONCE) {
    if (s > 0) { values(s); }
#pragma unroll
    for (int k = 0; k < AT_ONCE; k++) { v += __shfl_sync(~0u, factor, s + k) * x[k]; }
  }
  float r = v / sum;
  size_t at = ((size_t) token * heads + head) * size + i;
  if (size % 32 == 0) {
    put(o, at, r);
  } else if (i < size) {
    if (o.floats) { o.floats[at] = r; }
    if (o.halves) { o.halves[at] = __float2bfloat16(r); }
  }
}
