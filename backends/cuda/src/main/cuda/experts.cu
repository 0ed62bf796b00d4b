/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Mixture of experts: picking them, and grouping tokens by them.
#include <limits.h>
#include "norm.h"

enum { MOST_EXPERTS = 512, ROUTE_WARPS = 8, ROUTE_THREADS = 32 * ROUTE_WARPS, MOST_ROUTED = 4096 };

/**
 * How experts are picked. Gating 0: sigmoid, 1: softmax, 2: softmax of those picked. shared_gate (or null): one row more, which gives the weight of the
 * shared expert.
 */
struct Router {
  const float *rows, *row_bias, *bias, *shared_gate;
  int columns, experts, gating, used, normalise;
  float scale;
  __device__ __forceinline__ int all() const { return experts + (shared_gate ? 1 : 0); }
  __device__ __forceinline__ const float *row(int e) const { return e < experts ? rows + (size_t) e * columns : shared_gate; }
};

/** Of a token, by a warp: the used experts with the largest score + bias, the lower number first where two are equal, and their weights. */
static __device__ __forceinline__ void pick(const Router &r, const float *outputs, float *scores, int *ids, float *weights, float *shared_weight) {
  int lane = threadIdx.x % 32;
  float most = -INFINITY, sum = 0;
  __syncwarp();   // all are done with the scores of the token before
  for (int e = lane; e < r.experts; e += 32) {
    scores[e] = __ldcg(outputs + e);
    most = fmaxf(most, scores[e]);
  }
  if (r.shared_gate && lane == 0) { *shared_weight = 1 / (1 + expf(-__ldcg(outputs + r.experts))); }
  most = warp_max(most);
  for (int e = lane; e < r.experts; e += 32) {
    if (r.gating == 0) { scores[e] = 1 / (1 + expf(-scores[e])); }
    if (r.gating == 1) { scores[e] = expf(scores[e] - most); sum += scores[e]; }
  }
  sum = warp_sum(sum);
  if (r.gating == 1) {
    for (int e = lane; e < r.experts; e += 32) { scores[e] /= sum; }
  }
  __syncwarp();   // each lane has written scores that others read
  uint32_t taken = 0;   // bit j: expert lane + 32 j
  float picked = 0, total = 0;
  for (int k = 0; k < r.used; k++) {
    int best = INT_MIN, at = INT_MAX;
    for (int e = lane; e < r.experts; e += 32) {
      int bits = __float_as_int(scores[e] + (r.bias ? r.bias[e] : 0) + 0.0f), order = bits < 0 ? bits ^ 0x7fffffff : bits;   // as integers they have an order even if one is no number
      if (!(taken >> e / 32 & 1) && (order > best || at == INT_MAX)) { best = order; at = e; }
    }
    int top = __reduce_max_sync(~0u, best);
    at = __reduce_min_sync(~0u, best == top ? at : INT_MAX);
    if (at % 32 == lane) { taken |= 1u << at / 32; }
    float s = scores[at];
    if (r.gating == 2) { s = expf(s - most); }
    total += s;
    if (k == lane) { picked = s; ids[k] = at; }
  }
  if (lane < r.used) {
    float by = r.gating == 2 ? total : r.normalise ? total + (r.gating == 0 ? 1e-6f : 0) : 1;
    weights[lane] = picked / by * r.scale;
  }
}

static __device__ __forceinline__ float add_four(float4 a, float4 b, float s) { return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, s)))); }

/**
 * Outputs of the router of all tokens, of E experts and G tokens by a block, so that a row is read once for several tokens and a token once for several
 * experts; the block that is the last one of its tokens picks their experts. arrivals: a zero for each G tokens, which is left so. The order of sums is that
 * of a thread, a warp, a block, whatever E and G are. Grid (rows / E, tokens / G), blocks of ROUTE_THREADS.
 */
template <int E, int G> static __device__ __forceinline__ void route(const float *x, const Router &r, int tokens, float *outputs, unsigned *arrivals, int *ids, float *weights,
    float *shared_weights) {
  enum { AT_ONCE = 2 };   // fours of a row that a thread keeps: all of 2 048
  __shared__ float parts[G * E * ROUTE_WARPS], scores[ROUTE_WARPS][MOST_EXPERTS];
  int first = blockIdx.x * E, fours = r.columns / 4, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  float4 kept[E][AT_ONCE];
#pragma unroll
  for (int p = 0; p < AT_ONCE; p++) {
#pragma unroll
    for (int e = 0; e < E; e++) { kept[e][p] = fetch_four(r.row(min(first + e, r.all() - 1)), min((int) threadIdx.x + p * ROUTE_THREADS, fours - 1)); }
  }
  begin_kernel();
  int first_token = blockIdx.y * G, count = min((int) G, tokens - first_token);
  for (int t = 0; t < count; t++) {
    const float4 *token = (const float4 *) (x + (size_t) (first_token + t) * r.columns);
    float s[E];
#pragma unroll
    for (int e = 0; e < E; e++) { s[e] = 0; }
#pragma unroll
    for (int p = 0; p < AT_ONCE; p++) {
      int i = threadIdx.x + p * ROUTE_THREADS;
      float4 four = i < fours ? token[i] : make_float4(0, 0, 0, 0);
#pragma unroll
      for (int e = 0; e < E; e++) { s[e] = add_four(kept[e][p], four, s[e]); }
    }
#pragma unroll 1
    for (int i = threadIdx.x + AT_ONCE * ROUTE_THREADS; i < fours; i += ROUTE_THREADS) {
      float4 four = token[i];
#pragma unroll
      for (int e = 0; e < E; e++) { s[e] = add_four(fetch_four(r.row(min(first + e, r.all() - 1)), i), four, s[e]); }
    }
    // half of the lanes go on with one half of the sums: in the end each group of 32 / E lanes has one, made in the order of warp_sum
    int mine = 0;
#pragma unroll
    for (int o = 16, n = E; o; o /= 2, n /= 2) {
      bool upper = n > 1 && lane & o;
      if (upper) { mine += n / 2; }
#pragma unroll
      for (int e = 0; e < (n > 1 ? n / 2 : 1); e++) {
        float other = n > 1 ? s[e + n / 2] : s[e], keep = upper ? other : s[e], give = upper ? s[e] : other;
        s[e] = keep + __shfl_xor_sync(~0u, give, o);
      }
    }
    if (lane % (32 / E) == 0) { parts[(t * E + mine) * ROUTE_WARPS + warp] = s[0]; }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < count * E; i += ROUTE_THREADS) {
    int e = first + i % E;
    if (e >= r.all()) { continue; }
    float s = 0;
#pragma unroll
    for (int w = 0; w < ROUTE_WARPS; w++) { s += parts[i * ROUTE_WARPS + w]; }
    outputs[(size_t) (first_token + i / E) * r.all() + e] = s + (r.row_bias && e < r.experts ? r.row_bias[e] : 0);
  }
  if (!last_of_blocks(arrivals + blockIdx.y, gridDim.x)) { return; }
  for (int t = warp; t < count; t += ROUTE_WARPS) {
    size_t token = first_token + t;
    pick(r, outputs + token * r.all(), scores[warp], ids + token * r.used, weights + token * r.used, shared_weights + token);
  }
}

#define ROUTE(E, G) GPU_KERNEL_OF(ROUTE_THREADS, 2, route_##E)(const float *x, Router r, int tokens, float *outputs, unsigned *arrivals, int *ids, float *weights, \
    float *shared_weights) { route<E, G>(x, r, tokens, outputs, arrivals, ids, weights, shared_weights); }
ROUTE(1, 8) ROUTE(8, 32)
#undef ROUTE

/**
 * The same for few tokens, with the sum and the norm in front. A block has one row of the router and one token, whose normed row it makes itself; one block more a
 * token leaves it for the experts, and the stream in another place, as the others may still read this one. Sums have the order of route. Grid (rows + 1, tokens).
 */
GPU_KERNEL_OF(ROUTE_THREADS, 2, normed_route)(const float *h, float *sum, Part part, Norm norm, Router r, float *outputs, unsigned *arrivals, int *ids, float *weights,
    float *shared_weights, Output o) {
  enum { EACH = MOST_ROUTED / (4 * ROUTE_THREADS) };
  __shared__ float parts[ROUTE_WARPS], scores[MOST_EXPERTS];
  int n = r.columns, fours = n / 4, row = blockIdx.x;
  float4 kept[EACH], weight[EACH], v[EACH];
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * ROUTE_THREADS;
    if (i < fours) { kept[k] = fetch_four(r.row(min(row, r.all() - 1)), i); }
  }
  fetch_norm<ROUTE_THREADS>(norm, n, weight);
  for (int e = 8 * threadIdx.x; r.bias && e < r.experts; e += 8 * ROUTE_THREADS) { prefetch(r.bias + e); }
  begin_kernel();
  size_t token = blockIdx.y;
  add_part<ROUTE_THREADS>(h, part, (int) token, n, v);
  if (row == r.all()) {
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      int i = threadIdx.x + k * ROUTE_THREADS;
      if (i < fours) { ((float4 *) sum)[token * fours + i] = v[k]; }
    }
  }
  norm_row<ROUTE_THREADS>(v, norm, weight, n);
  if (row == r.all()) {
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      int i = threadIdx.x + k * ROUTE_THREADS;
      if (i / 32 * 32 < fours) { put_four(o, token * n + 4 * i, v[k], i < fours); }
    }
    return;
  }
  float s = 0;
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    int i = threadIdx.x + k * ROUTE_THREADS;
    if (i < fours) { s = add_four(kept[k], v[k], s); }
  }
  s = warp_sum(s);
  if (threadIdx.x % 32 == 0) { parts[threadIdx.x / 32] = s; }
  __syncthreads();
  if (threadIdx.x == 0) {
    s = 0;
#pragma unroll
    for (int w = 0; w < ROUTE_WARPS; w++) { s += parts[w]; }
    outputs[token * r.all() + row] = s + (r.row_bias && row < r.experts ? r.row_bias[row] : 0);
  }
  if (!last_of_blocks(arrivals + token, r.all()) || threadIdx.x >= 32) { return; }
  pick(r, outputs + token * r.all(), scores, ids + token * r.used, weights + token * r.used, shared_weights + token);
}

enum { SEGMENTS = 16 };

/**
 * Sorts entries by their expert: order holds them, those of an expert in their own order; tiles cuts each expert's into pieces of at most `most` (expert,
 * first, count); those left over get a count of 0. One block of 32 SEGMENTS threads: each warp counts, then places, the entries of a segment.
 */
GPU_KERNEL_OF(32 * SEGMENTS, 1, group)(const int *ids, int entries, int experts, int *order, int4 *tiles, int most_tiles, int most) {
  begin_kernel();
  __shared__ int counts[SEGMENTS][MOST_EXPERTS], count[MOST_EXPERTS], first[MOST_EXPERTS], tile[MOST_EXPERTS];
  __shared__ int tiles_used;
  enum { AT_ONCE = 4 };
  int lane = threadIdx.x % 32, segment = threadIdx.x / 32, each = (entries + 32 * SEGMENTS - 1) / (32 * SEGMENTS) * 32;
  int from = segment * each, to = min(from + each, entries);
  // goes on counting this warp's entries by expert; the second time from where those of the segment go, to place them
  auto count_entries = [&](bool place) {
    for (int i = from; i < to; i += 32 * AT_ONCE) {
      int e[AT_ONCE];
#pragma unroll
      for (int j = 0; j < AT_ONCE; j++) { e[j] = i + 32 * j + lane < to ? ids[i + 32 * j + lane] : -1; }
#pragma unroll
      for (int j = 0; j < AT_ONCE; j++) {
        unsigned same = __match_any_sync(~0u, e[j]);
        int at = e[j] >= 0 ? counts[segment][e[j]] + __popc(same & ((1u << lane) - 1)) : 0;
        if (place && e[j] >= 0) { order[first[e[j]] + at] = i + 32 * j + lane; }
        __syncwarp();   // all have read the count that the last of them sets
        if (e[j] >= 0 && same >> lane == 1) { counts[segment][e[j]] = at + 1; }
        __syncwarp();
      }
    }
  };
  for (int i = threadIdx.x; i < SEGMENTS * MOST_EXPERTS; i += 32 * SEGMENTS) { counts[i / MOST_EXPERTS][i % MOST_EXPERTS] = 0; }
  __syncthreads();
  count_entries(false);
  __syncthreads();
  for (int e = threadIdx.x; e < experts; e += 32 * SEGMENTS) {
    int sum = 0;
#pragma unroll
    for (int s = 0; s < SEGMENTS; s++) {
      int c = counts[s][e];
      counts[s][e] = sum;
      sum += c;
    }
    count[e] = sum;
  }
  __syncthreads();
  if (segment == 0) {
    int of_lane = (experts + 31) / 32, begin = lane * of_lane, end = min(begin + of_lane, experts), at = 0, t = 0;
    for (int e = begin; e < end; e++) { at += count[e]; t += (count[e] + most - 1) / most; }
    int entries_so_far = at, tiles_so_far = t;
#pragma unroll
    for (int o = 1; o < 32; o *= 2) {
      int more_entries = __shfl_up_sync(~0u, entries_so_far, o), more_tiles = __shfl_up_sync(~0u, tiles_so_far, o);
      if (lane >= o) { entries_so_far += more_entries; tiles_so_far += more_tiles; }
    }
    if (lane == 31) { tiles_used = tiles_so_far; }
    at = entries_so_far - at;
    t = tiles_so_far - t;
    for (int e = begin; e < end; e++) {
      first[e] = at; tile[e] = t;
      at += count[e]; t += (count[e] + most - 1) / most;
    }
  }
  __syncthreads();
  count_entries(true);
  for (int e = segment; e < experts; e += SEGMENTS) {
    for (int t = lane; t * most < count[e]; t += 32) { tiles[tile[e] + t] = int4{e, first[e] + t * most, min(most, count[e] - t * most), 0}; }
  }
  for (int t = tiles_used + threadIdx.x; t < most_tiles; t += 32 * SEGMENTS) { tiles[t] = int4{0, 0, 0, 0}; }
}
