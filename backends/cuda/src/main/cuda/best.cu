/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The largest logits of a row. All of this on the device, so that a row need not leave it.
#include "blocks.h"

enum { CHUNK = 1024, MOST_BEST = 128 };

/** logits *= factor, then bounded by the softcap. */
GPU_KERNEL(bound)(float *logits, long long count, float factor, float softcap) {
  begin_kernel();
  long long i = (long long) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  float v = logits[i] * factor;
  logits[i] = softcap > 0 ? softcap * tanhf(v / softcap) : v;
}

/** entries: (row, token), changes: (factor, offset). A thread an entry; no two are for the same logit. */
GPU_KERNEL(penalise)(float *logits, int vocabulary, const int2 *entries, const float2 *changes, int count) {
  begin_kernel();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) { return; }
  float *at = logits + (size_t) entries[i].x * vocabulary + entries[i].y;
  *at = (*at > 0 ? *at / changes[i].x : *at * changes[i].x) - changes[i].y;
}

static __device__ __forceinline__ bool before(float a, int i, float b, int j) { return a > b || (a == b && i < j); }

/** The first in order over a block of 256 threads, for all of them. */
static __device__ __forceinline__ void first_of_block(float &v, int &id, float *values, int *ids) {
#pragma unroll
  for (int o = 16; o; o >>= 1) {
    float other = __shfl_xor_sync(~0u, v, o);
    int where = __shfl_xor_sync(~0u, id, o);
    if (before(other, where, v, id)) { v = other; id = where; }
  }
  if (threadIdx.x % 32 == 0) { values[threadIdx.x / 32] = v; ids[threadIdx.x / 32] = id; }
  __syncthreads();
  v = values[0]; id = ids[0];
#pragma unroll
  for (int w = 1; w < 8; w++) {
    if (before(values[w], ids[w], v, id)) { v = values[w]; id = ids[w]; }
  }
  __syncthreads();
}

/**
 * The k best of each chunk of each row, best first: found[(row * chunks + chunk) * k]; minus infinity where there are fewer. sums: largest logit
 * and sum of e^(logit - largest) over the allowed tokens. requests: a row each: (k, where its mask starts in words of 32 bits or -1).
 * Grid (chunks, rows), 256 threads.
 */
GPU_KERNEL(best_of_chunks)(const float *logits, int vocabulary, const int2 *requests, const uint32_t *masks, int2 *found, float2 *sums) {
  begin_kernel();
  __shared__ float values[8];
  __shared__ int ids[8];
  int2 request = requests[blockIdx.y];
  const float *row = logits + (size_t) blockIdx.y * vocabulary;
  float v[4], most = -INFINITY, sum = 0;
  int first = blockIdx.x * CHUNK;
  bool broken = false;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int id = first + i * 256 + threadIdx.x;
    bool allowed = id < vocabulary && (request.y < 0 || (masks[request.y + id / 32] >> id % 32 & 1));
    v[i] = allowed ? row[id] : -INFINITY;
    broken |= v[i] != v[i];
    if (v[i] != v[i]) { v[i] = -INFINITY; }
    most = fmaxf(most, v[i]);
  }
  int nobody = 0;
  first_of_block(most, nobody, values, ids);
#pragma unroll
  for (int i = 0; i < 4; i++) { sum += v[i] == -INFINITY ? 0 : expf(v[i] - most); }
  if (broken) { sum = NAN; }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) { values[threadIdx.x / 32] = sum; }
  __syncthreads();
  int2 *to = found + ((size_t) blockIdx.y * gridDim.x + blockIdx.x) * MOST_BEST;
  if (threadIdx.x == 0) {
    sum = 0;
    for (int w = 0; w < 8; w++) { sum += values[w]; }
    sums[(size_t) blockIdx.y * gridDim.x + blockIdx.x] = make_float2(most, sum);
  }
  __syncthreads();
  for (int k = 0; k < request.x; k++) {
    float best = -INFINITY;
    int id = vocabulary;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int at = first + i * 256 + threadIdx.x;
      if (v[i] > -INFINITY && before(v[i], at, best, id)) { best = v[i]; id = at; }
    }
    first_of_block(best, id, values, ids);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (first + i * 256 + (int) threadIdx.x == id) { v[i] = -INFINITY; }
    }
    if (threadIdx.x == 0) { to[k] = make_int2(id, __float_as_int(best)); }
    if (best == -INFINITY) { break; }
  }
}

/** Merges the chunks of a row (a block of 256 threads): best[row * MOST_BEST], and (found, logarithm of the sum) in result[row]. */
GPU_KERNEL(best_of_rows)(const int2 *found, const float2 *sums, int chunks, const int2 *requests, int2 *best, int2 *result) {
  begin_kernel();
  __shared__ float values[8];
  __shared__ int ids[8];
  __shared__ int heads[4096];
  int2 request = requests[blockIdx.x];
  const int2 *lists = found + (size_t) blockIdx.x * chunks * MOST_BEST;
  const float2 *parts = sums + (size_t) blockIdx.x * chunks;
  float most = -INFINITY, sum = 0;
  int nobody = 0;
  for (int c = threadIdx.x; c < chunks; c += 256) { heads[c] = 0; most = fmaxf(most, parts[c].x); }
  first_of_block(most, nobody, values, ids);
  for (int c = threadIdx.x; c < chunks; c += 256) { sum += parts[c].y != parts[c].y ? NAN : parts[c].x == -INFINITY ? 0 : parts[c].y * expf(parts[c].x - most); }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) { values[threadIdx.x / 32] = sum; }
  __syncthreads();
  if (threadIdx.x == 0) {
    sum = 0;
    for (int w = 0; w < 8; w++) { sum += values[w]; }
  }
  __syncthreads();
  int k = 0;
  for (; k < request.x; k++) {
    float v = -INFINITY;
    int id = 0x7fffffff;
    for (int c = threadIdx.x; c < chunks; c += 256) {
      if (heads[c] < request.x) {
        int2 head = lists[(size_t) c * MOST_BEST + heads[c]];
        if (__int_as_float(head.y) > -INFINITY && before(__int_as_float(head.y), head.x, v, id)) { v = __int_as_float(head.y); id = head.x; }
      }
    }
    first_of_block(v, id, values, ids);
    if (v == -INFINITY) { break; }
    if (threadIdx.x == id / CHUNK % 256) { heads[id / CHUNK]++; }
    if (threadIdx.x == 0) { best[(size_t) blockIdx.x * MOST_BEST + k] = make_int2(id, __float_as_int(v)); }
  }
  if (threadIdx.x == 0) { result[blockIdx.x] = make_int2(k, __float_as_int(most + logf(sum))); }
}

/** The likeliest token of each row, 0 where there is none, to where the next pass reads its tokens: it may be queued before anybody knows them. */
GPU_KERNEL(read_likeliest)(const int2 *best, const int2 *result, int *tokens, int rows) {
  begin_kernel();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < rows) { tokens[i] = result[i].x > 0 ? best[(size_t) i * MOST_BEST].x : 0; }
}
