/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Mixture of experts: picking them, and grouping tokens by them.
#include "blocks.h"

enum { MOST_EXPERTS = 512 };

/**
 * For each token (a block): router outputs, scores, the used experts with the largest score + bias (the lower number first where two are
 * equal), and their weights. gating 0: sigmoid, 1: softmax, 2: softmax of those picked. shared_gate (or null): the row that gives the weight
 * of the shared expert. Blocks of whole warps: best one for each expert, as a token alone has nothing else that hides the latency of loads.
 */
GPU_LARGE_KERNEL(route)(const float *x, const float *router, const float *router_bias, const float *bias, int columns, int experts, int gating, int used,
    int normalise, float scale, int *ids, float *weights, const float *shared_gate, float *shared_weights) {
  begin_kernel();
  __shared__ float scores[MOST_EXPERTS];
  const float4 *row = (const float4 *) (x + (size_t) blockIdx.x * columns);
  int lane = threadIdx.x % 32;
  for (int e = threadIdx.x / 32; e < experts + (shared_gate ? 1 : 0); e += blockDim.x / 32) {
    const float4 *w = (const float4 *) (e < experts ? router + (size_t) e * columns : shared_gate);
    float s = 0;
#pragma unroll 8
    for (int i = lane; i < columns / 4; i += 32) {
      float4 a = __ldg(row + i), b = __ldg(w + i);
      s += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
    }
    s = warp_sum(s);
    if (lane == 0 && e < experts) { scores[e] = s + (router_bias ? router_bias[e] : 0); }
    if (lane == 0 && e == experts) { shared_weights[blockIdx.x] = 1 / (1 + expf(-s)); }
  }
  __syncthreads();
  if (threadIdx.x >= 32) { return; }
  float most = -INFINITY;
  for (int e = lane; e < experts; e += 32) { most = fmaxf(most, scores[e]); }
  most = warp_max(most);
  float sum = 0;
  for (int e = lane; e < experts; e += 32) {
    if (gating == 0) { scores[e] = 1 / (1 + expf(-scores[e])); }
    if (gating == 1) { scores[e] = expf(scores[e] - most); sum += scores[e]; }
  }
  sum = warp_sum(sum);
  if (gating == 1) {
    for (int e = lane; e < experts; e += 32) { scores[e] /= sum; }
  }
  __syncwarp();   // each lane has written scores that others read
  uint32_t taken = 0;   // bit j: expert lane + 32 j
  float picked = 0, total = 0;
  for (int k = 0; k < used; k++) {
    float best = -INFINITY;
    int at = experts;
    for (int e = lane; e < experts; e += 32) {
      float s = scores[e] + (bias ? bias[e] : 0);
      if (!(taken >> e / 32 & 1) && (s > best || at == experts)) { best = s; at = e; }
    }
#pragma unroll
    for (int o = 16; o; o >>= 1) {
      float other = __shfl_xor_sync(~0u, best, o);
      int where = __shfl_xor_sync(~0u, at, o);
      if (where < experts && (at == experts || other > best || (other == best && where < at))) { best = other; at = where; }
    }
    if (at % 32 == lane) { taken |= 1u << at / 32; }
    float s = scores[at];
    if (gating == 2) { s = expf(s - most); }
    total += s;
    if (k == lane) { picked = s; ids[(size_t) blockIdx.x * used + k] = at; }
  }
  if (lane < used) {
    float by = gating == 2 ? total : normalise ? total + (gating == 0 ? 1e-6f : 0) : 1;
    weights[(size_t) blockIdx.x * used + lane] = picked / by * scale;
  }
}

/**
 * Sorts entries by their expert: order holds them, tiles cuts each expert's into pieces of at most `most` (expert, first, count); those
 * left over get a count of 0. One block of 1024 threads.
 */
GPU_LARGE_KERNEL(group)(const int *ids, int entries, int experts, int *order, int4 *tiles, int most_tiles, int most) {
  begin_kernel();
  __shared__ int count[MOST_EXPERTS], first[MOST_EXPERTS], tile[MOST_EXPERTS];
  __shared__ int tiles_used;
  int lane = threadIdx.x % 32;
  for (int e = threadIdx.x / 32; e < experts; e += blockDim.x / 32) {
    int c = 0;
    for (int i = 0; i < entries; i += 32) { c += __popc(__ballot_sync(~0u, i + lane < entries && ids[i + lane] == e)); }
    if (lane == 0) { count[e] = c; }
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    int at = 0, t = 0;
    for (int e = 0; e < experts; e++) {
      first[e] = at; tile[e] = t;
      at += count[e]; t += (count[e] + most - 1) / most;
    }
    tiles_used = t;
  }
  __syncthreads();
  for (int e = threadIdx.x / 32; e < experts; e += blockDim.x / 32) {
    int at = first[e];
    for (int i = 0; i < entries; i += 32) {
      bool mine = i + lane < entries && ids[i + lane] == e;
      unsigned who = __ballot_sync(~0u, mine);
      if (mine) { order[at + __popc(who & ((1u << lane) - 1))] = i + lane; }
      at += __popc(who);
    }
    for (int t = lane; t * most < count[e]; t += 32) { tiles[tile[e] + t] = int4{e, first[e] + t * most, min(most, count[e] - t * most), 0}; }
  }
  for (int t = tiles_used + threadIdx.x; t < most_tiles; t += blockDim.x) { tiles[t] = int4{0, 0, 0, 0}; }
}
