/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Attention over pages of keys and values: what puts keys and values there, and kernels that compute in floats.
#include "pages.h"

/**
 * Turns per position, one a pair, in units of 2^-64: whole turns fall off at the top. Null: no positions. Sequences that reach further than
 * `original` take the second of each, if there is one.
 */
struct Rope {
  const unsigned long long *turns, *long_turns;
  int dimensions, interleaved;
  float magnitude, long_magnitude;
  int original;
};

/** A norm of each head; null: none. */
struct HeadNorm {
  const float *weight;
  float epsilon;
};

/** Norm over all query heads together (block 0 of a token) and over all key heads together (block 1), in place. Grid (2, tokens), 256 threads. */
GPU_KERNEL(norm_projections)(float *qkv, int heads, int kv_heads, int size, HeadNorm query, HeadNorm key) {
  begin_kernel();
  __shared__ float sums[8];
  HeadNorm norm = blockIdx.x ? key : query;
  if (!norm.weight) { return; }
  float *row = qkv + ((size_t) blockIdx.y * (heads + 2 * kv_heads) + (blockIdx.x ? heads : 0)) * size, s = 0;
  int n = (blockIdx.x ? kv_heads : heads) * size, lane = threadIdx.x % 32;
  for (int i = threadIdx.x; i < n; i += 256) { s += row[i] * row[i]; }
  s = warp_sum(s);
  if (lane == 0) { sums[threadIdx.x / 32] = s; }
  __syncthreads();
  float by = 1 / sqrtf(warp_sum(lane < 8 ? sums[lane] : 0) / n + norm.epsilon);
  for (int i = threadIdx.x; i < n; i += 256) { row[i] *= by * norm.weight[i]; }
}

/**
 * Norms and positions of queries and keys in qkv [tokens][(heads + 2 kv_heads) * size], in place; keys and values also go to the pages.
 * A warp a head of a token: grid ((heads + 2 kv_heads) / warps, tokens). reach: how long each step's sequence gets. size <= 256.
 */
template <int K> static __device__ void place(float *qkv, int heads, int kv_heads, int size, HeadNorm query_norm, HeadNorm key_norm, Rope rope,
    const int *reach, const int *step_of, const int4 *steps, const unsigned long long *pages, long long offset) {
  constexpr int MOST = 8;   // values of a lane
  __shared__ float shared[4][32 * MOST];
  int head = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32, token = blockIdx.y;
  if (head >= heads + 2 * kv_heads) { return; }
  float *x = shared[threadIdx.x / 32], *row = qkv + (size_t) token * (heads + 2 * kv_heads) * size + (size_t) head * size;
  bool is_value = head >= heads + kv_heads;
  HeadNorm norm = head < heads ? query_norm : is_value ? HeadNorm{nullptr, 0} : key_norm;
  // all loads that wait for no other go first
  int at = step_of[token];
  float v[MOST], weight[MOST];
#pragma unroll
  for (int k = 0; k < MOST; k++) {
    int i = lane + 32 * k;
    v[k] = i < size ? row[i] : 0;
    weight[k] = norm.weight && i < size ? norm.weight[i] : 0;
  }
  int4 step = steps[at];
  bool far = rope.long_turns && reach[at] > rope.original;
  const unsigned long long *turns = far ? rope.long_turns : rope.turns;
  int half = is_value || !turns ? 0 : rope.dimensions / 2;
  unsigned long long turn[MOST / 2];
#pragma unroll
  for (int k = 0; k < MOST / 2; k++) { turn[k] = lane + 32 * k < half ? turns[lane + 32 * k] : 0; }
  int position = step.z + token - step.x;
  unsigned char *base = head < heads ? nullptr : page(pages, step, position) + offset + (head - heads) % kv_heads * head_bytes<K>(size);
  if (norm.weight) {
    float squares = 0;
#pragma unroll
    for (int k = 0; k < MOST; k++) { squares += v[k] * v[k]; }
    float by = 1 / sqrtf(warp_sum(squares) / size + norm.epsilon);
#pragma unroll
    for (int k = 0; k < MOST; k++) { v[k] *= by * weight[k]; }
  }
#pragma unroll
  for (int k = 0; k < MOST; k++) { x[lane + 32 * k] = v[k]; }
  __syncwarp();
  if (half > 0) {
#pragma unroll
    for (int k = 0; k < MOST / 2; k++) {
      int j = lane + 32 * k, first = rope.interleaved ? 2 * j : j, second = rope.interleaved ? 2 * j + 1 : j + half;
      if (j >= half) { break; }
      float sine, cosine, a = x[first], b = x[second];
      sincospif((float) (int) (position * turn[k] >> 32) * (1.0f / (1u << 31)), &sine, &cosine);
      sine *= far ? rope.long_magnitude : rope.magnitude;
      cosine *= far ? rope.long_magnitude : rope.magnitude;
      x[first] = a * cosine - b * sine;
      x[second] = b * cosine + a * sine;
    }
    __syncwarp();
  }
  float m = 0;
#pragma unroll
  for (int k = 0; k < MOST; k++) {
    v[k] = x[lane + 32 * k];
    m = fmaxf(m, fabsf(v[k]));
  }
  if (head < heads) {
#pragma unroll
    for (int k = 0; k < MOST; k++) {
      if (lane + 32 * k < size) { row[lane + 32 * k] = v[k]; }
    }
    return;
  }
  int slot = position % PAGE;
  unsigned char *to = base + (size_t) ((is_value ? PAGE : 0) + slot) * size * value_bytes<K>();
  float by = 0;
  if (K == KV_Q8) {
    by = warp_max(m) / 127;
    float *scales = (float *) (base + (size_t) 2 * PAGE * size);
    if (lane == 0) { scales[(is_value ? PAGE : 0) + slot] = by; }
  }
#pragma unroll
  for (int k = 0; k < MOST; k++) {
    int i = lane + 32 * k;
    if (i >= size) { break; }
    if (K == KV_F32) { ((float *) to)[i] = v[k]; }
    if (K == KV_F16) { ((__half *) to)[i] = __float2half_rn(v[k]); }
    if (K == KV_Q8) { ((int8_t *) to)[i] = (int8_t) (by > 0 ? __float2int_rn(v[k] / by) : 0); }
  }
}
#define PLACE(K) GPU_KERNEL(place_##K)(float *qkv, int heads, int kv_heads, int size, HeadNorm query_norm, HeadNorm key_norm, Rope rope, \
    const int *reach, const int *step_of, const int4 *steps, const unsigned long long *pages, long long offset) \
  { begin_kernel(); place<K>(qkv, heads, kv_heads, size, query_norm, key_norm, rope, reach, step_of, steps, pages, offset); }
PLACE(KV_F32) PLACE(KV_F16) PLACE(KV_Q8)

/** Eight values of a page, to floats. */
template <int K> static __device__ __forceinline__ void eight_of_page(const unsigned char *from, int index, float scale, float *to) {
  if (K == KV_F32) {
    float4 a = ((const float4 *) from)[index / 4], b = ((const float4 *) from)[index / 4 + 1];
    ((float4 *) to)[0] = a; ((float4 *) to)[1] = b;
  } else if (K == KV_F16) {
    uint4 u = ((const uint4 *) from)[index / 8];
    uint32_t words[4] = {u.x, u.y, u.z, u.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      __half h[2];
      memcpy(h, &words[i], 4);
      to[2 * i] = __half2float(h[0]); to[2 * i + 1] = __half2float(h[1]);
    }
  } else {
    uint2 u = ((const uint2 *) from)[index / 8];
#pragma unroll
    for (int i = 0; i < 8; i++) { to[i] = scale * (float) (int8_t) ((i < 4 ? u.x : u.y) >> 8 * (i & 3)); }
  }
}

/** Keys or values of a page to shared memory, those from `room` on as zeros. */
template <int K> static __device__ __forceinline__ void fetch(const unsigned char *from, const float *scales, int size, int room, float *to, int pitch) {
  int chunks = size / 8;
  for (int i = threadIdx.x; i < PAGE * chunks; i += 128) {
    int slot = i / chunks, c = i % chunks * 8;
    float *at = to + slot * pitch + c;
    if (slot < room) {
      eight_of_page<K>(from, slot * size + c, K == KV_Q8 ? scales[slot] : 1, at);
    } else {
      for (int j = 0; j < 8; j++) { at[j] = 0; }
    }
  }
}

/**
 * Flash attention of a tile of neighbouring tokens of one sequence, for one key-value head and one split of the keys. tiles: (first
 * token, tokens, step, keys a split). A row is a query head of a token; each of the 4 warps has W rows, each lane a key of the page at
 * hand. Heads have S values, or with ANY head_size, which is at most S and a multiple of 8. Sums go to
 * partial[(partial_at[token] + split) * heads + head][size + 2]: values, maximum, sum of weights. grid (tiles, kv_heads, splits).
 */
template <int K, int S, int W, bool ANY> static __device__ void attend(const float *qkv, int heads, int kv_heads, int head_size, Scores scores, const int4 *tiles,
    const int4 *steps, const unsigned long long *pages, long long offset, const int *partial_at, float *partial) {
  constexpr bool ONE_BY_ONE = S > 128;   // keys, then values, in the same shared memory, which is too small for both
  constexpr int D = (S + 31) / 32, KEY_PITCH = S + 4;
  __shared__ __align__(16) float q[4 * W][S], keys[PAGE * KEY_PITCH], others[ONE_BY_ONE ? 4 : PAGE * S];
  float *values = ONE_BY_ONE ? keys : others;
  int size = ANY ? head_size : S;
  int4 tile = tiles[blockIdx.x], step = steps[tile.z];
  int group = heads / kv_heads, rows = tile.y * group, kv_head = blockIdx.y, split = blockIdx.z;
  int position0 = step.z + tile.x - step.x, last = position0 + tile.y - 1;
  int from = split * tile.w, to = min(from + tile.w, last + 1);
  if (from > last) { return; }
  if (scores.window > 0) { from = max(from, (position0 - scores.window + 1) / PAGE * PAGE); }
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  size_t width = (size_t) (heads + 2 * kv_heads) * size;
  for (int i = threadIdx.x; i < 4 * W * size; i += 128) {
    int r = i / size;
    q[r][i % size] = r < rows ? qkv[(tile.x + r / group) * width + (kv_head * group + r % group) * size + i % size] : 0;
  }
  float most[W], sum[W], o[W][D], p[W], shrink[W];
#pragma unroll
  for (int i = 0; i < W; i++) {
    most[i] = -INFINITY; sum[i] = 0;
#pragma unroll
    for (int j = 0; j < D; j++) { o[i][j] = 0; }
  }
  for (int at = max(from, 0); at < to; at += PAGE) {
    const unsigned char *base = page(pages, step, at) + offset + kv_head * head_bytes<K>(size), *second = base + (size_t) PAGE * size * value_bytes<K>();
    const float *by = (const float *) (base + (size_t) 2 * PAGE * size);
    fetch<K>(base, by, size, to - at, keys, KEY_PITCH);
    if (!ONE_BY_ONE) { fetch<K>(second, by + PAGE, size, to - at, values, S); }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < W; i++) {
      int r = warp * W + i, key = at + lane, position = position0 + r / group;
      p[i] = 0; shrink[i] = 1;
      if (r >= rows) { continue; }
      float s = 0;
#pragma unroll 4
      for (int c = 0; c < size; c += 4) {
        float4 a = *(const float4 *) &q[r][c], b = *(const float4 *) &keys[lane * KEY_PITCH + c];
        s += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
      }
      s *= scores.scale;
      if (scores.softcap > 0) { s = scores.softcap * tanhf(s / scores.softcap); }
      if (key >= to || key > position || (scores.window > 0 && key <= position - scores.window)) { s = -INFINITY; }
      float m = fmaxf(most[i], warp_max(s));
      if (m == -INFINITY) { continue; }
      shrink[i] = expf(most[i] - m);
      p[i] = expf(s - m);
      most[i] = m;
      sum[i] = sum[i] * shrink[i] + warp_sum(p[i]);
    }
    if (ONE_BY_ONE) {
      __syncthreads();
      fetch<K>(second, by + PAGE, size, to - at, values, S);
      __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < W; i++) {
      if (warp * W + i >= rows) { break; }
#pragma unroll
      for (int j = 0; j < D; j++) { o[i][j] *= shrink[i]; }
#pragma unroll 8
      for (int k = 0; k < PAGE; k++) {
        float pk = __shfl_sync(~0u, p[i], k);
#pragma unroll
        for (int j = 0; j < D; j++) {
          if ((!ANY && S % 32 == 0) || lane + 32 * j < size) { o[i][j] += pk * values[k * S + lane + 32 * j]; }
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < W; i++) {
    int r = warp * W + i;
    if (r >= rows) { break; }
    int token = tile.x + r / group;
    float *out = partial + ((size_t) (partial_at[token] + split) * heads + kv_head * group + r % group) * (size + 2);
#pragma unroll
    for (int j = 0; j < D; j++) {
      if ((!ANY && S % 32 == 0) || lane + 32 * j < size) { out[lane + 32 * j] = o[i][j]; }
    }
    if (lane == 0) { out[size] = most[i]; out[size + 1] = sum[i]; }
  }
}
#define ATTEND(K, S, W, N, ANY) GPU_KERNEL(attend_##K##_##N##_##W)(const float *qkv, int heads, int kv_heads, int size, Scores scores, const int4 *tiles, \
    const int4 *steps, const unsigned long long *pages, long long offset, const int *partial_at, float *partial) \
  { begin_kernel(); attend<K, S, W, ANY>(qkv, heads, kv_heads, size, scores, tiles, steps, pages, offset, partial_at, partial); }
#define SIZES(K) ATTEND(K, 16, 1, 16, false) ATTEND(K, 32, 1, 32, false) ATTEND(K, 64, 1, 64, false) ATTEND(K, 64, 8, 64, false) ATTEND(K, 128, 1, 128, false) \
  ATTEND(K, 128, 4, 128, false) ATTEND(K, 128, 1, to128, true) ATTEND(K, 128, 4, to128, true) ATTEND(K, 256, 1, to256, true) ATTEND(K, 256, 2, to256, true)
SIZES(KV_F32) SIZES(KV_F16) SIZES(KV_Q8)

/** Adds up the splits of each token. Grid (heads, tokens), a warp for 32 values of a head. */
GPU_KERNEL(combine)(const float *partial, const int *partial_at, const float *sinks, int size, Output o) {
  begin_kernel();
  int first = partial_at[blockIdx.y], splits = partial_at[blockIdx.y + 1] - first;
  add_splits(partial, first, splits, sinks, blockIdx.y, blockIdx.x, gridDim.x, size, threadIdx.x / 32 * 32, o);
}

/** Floats to codes, a warp a block of 32: for heads whose size is no multiple of 32, and for what else comes as floats. */
GPU_KERNEL(quantise)(const float *x, long long blocks, Output o) {
  begin_kernel();
  long long b = (long long) blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (b < blocks) { put(o, (size_t) b * 32 + threadIdx.x % 32, x[b * 32 + threadIdx.x % 32]); }
}
