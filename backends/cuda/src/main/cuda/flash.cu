/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Attention on tensor cores: heads of 64 and 128 values, keys and values in F16 and 8 bits.
//
// A warp multiplies 16 rows, each a query head of a token, with KEYS keys at a time, and needs no other warp for it. It loads keys and values
// right into the fragments of its matrix steps, 16 bytes a lane where it can: which value of a head stands where in a fragment is free as long
// as queries and keys agree, and so is the order of values in the sums. Lane = 4g + t has
//   keys 8n + g, of them the CHUNK / 4 values from CHUNK * c + CHUNK / 4 * t on;
//   the values of keys 16i + 2t, + 1, + 8, + 9, from 64h + 8g on; and so in the sums 16 values from 64h + 16t on, of rows g and g + 8.
// Keys of 8 bits are multiplied as codes in float16, which is exact, and the scores by their scales. The scales of values go into the weights,
// which are bfloat16 then, so that no scale is too small or too large.
//
// Keys that come later than a row make no difference to it, down to the last bit: their weights are zero, and the other sums stay as they are.
#include "pages.h"

static constexpr float LOG2_E = 1.44269504088896340736f, LN_2 = 0.69314718055994530942f;

template <int K, int S> struct Keys {
  static constexpr int KEYS = K == KV_F16 && S > 64 ? 16 : 32, CHUNK = K == KV_F16 ? 32 : 64, ROW = S * (K == KV_F16 ? 2 : 1);
  uint4 words[KEYS / 8][S / CHUNK];
  float2 scales[KEYS / 8];

  /** Keys from a slot of a page on; those behind the last one, where nothing was written yet, are that one again. */
  __device__ __forceinline__ void load(const unsigned char *head, int slot, int last) {
    int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const uint4 *from = (const uint4 *) (head + (slot + g) * ROW) + t;
    if (slot + KEYS - 1 <= last) {   // with all offsets known to the compiler
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) { row(n, from + 8 * n * ROW / 16); }
    } else {
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) { row(n, from + min(8 * n, last - slot - g) * (ROW / 16)); }
    }
    if (K == KV_Q8) {
      const float2 *two = (const float2 *) (head + 2 * PAGE * S) + slot / 2 + t;
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) { scales[n] = two[4 * n]; }
    }
  }

  __device__ __forceinline__ void row(int n, const uint4 *from) {
#pragma unroll
    for (int c = 0; c < S / CHUNK; c++) { words[n][c] = from[4 * c]; }
  }

  /** What a matrix step multiplies: values 16 * step to 16 * step + 15 of the keys 8n to 8n + 7. */
  __device__ __forceinline__ void fragment(int n, int step, uint32_t (&b)[2]) const {
    constexpr int STEPS = CHUNK / 16;
    const uint4 &four = words[n][step / STEPS];
    if (K == KV_F16) {
      b[0] = step % 2 ? four.z : four.x;
      b[1] = step % 2 ? four.w : four.y;
    } else {
      uint32_t codes = (step % 4 == 0 ? four.x : step % 4 == 1 ? four.y : step % 4 == 2 ? four.z : four.w) ^ 0x80808080;
      b[0] = subtract_f16(__byte_perm(codes, 0x64646464, 0x4140), 0x64806480);   // 1024 + 128 + code, less 1152
      b[1] = subtract_f16(__byte_perm(codes, 0x64646464, 0x4342), 0x64806480);
    }
  }
};

/** Two bytes of each word, from an even one on, as fragments: a pair of bytes at the same place is a pair of codes. */
static __device__ __forceinline__ void codes_to_bf16(uint32_t a, uint32_t b, uint32_t (&to)[2], int from) {
  uint32_t pairs = __byte_perm(a, b, from ? 0x7362 : 0x5140);
#pragma unroll
  for (int i = 0; i < 2; i++) {
    uint32_t x = __byte_perm(pairs, 0x43434343, i ? 0x4342 : 0x4140);   // 128 + the low seven bits, less 128 or, below zero, 256
    to[i] = subtract_bf16(x & 0xff7fff7f, x & 0xff80ff80);
  }
}

/** Values of KEYS keys; eight of a key are a V. */
template <int K, int S, typename V> struct PageLoads {
  static constexpr int KEYS = Keys<K, S>::KEYS, ROW = Keys<K, S>::ROW;
  V words[KEYS / 16][S / 64][4];

  __device__ __forceinline__ void load(const unsigned char *head, int slot, int last) {
    int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const V *from = (const V *) (head + (PAGE + slot + 2 * t) * ROW) + g;
    if (slot + KEYS - 1 <= last) {
#pragma unroll
      for (int k = 0; k < KEYS / 4; k++) { row(k, from + key(k) * ROW / (int) sizeof(V)); }
    } else {
#pragma unroll
      for (int k = 0; k < KEYS / 4; k++) { row(k, from + min(key(k), last - slot - 2 * t) * (ROW / (int) sizeof(V))); }
    }
  }

  /** Where the k-th key of a lane comes behind its first. */
  static __device__ __forceinline__ constexpr int key(int k) { return k / 2 * 8 + k % 2; }

  __device__ __forceinline__ void row(int k, const V *from) {
#pragma unroll
    for (int h = 0; h < S / 64; h++) { words[k / 4][h][k % 4] = from[8 * h]; }
  }
};

template <int K, int S> struct Vectors;

template <int S> struct Vectors<KV_F16, S> : PageLoads<KV_F16, S, uint4> {
  static constexpr int KEYS = Keys<KV_F16, S>::KEYS;
  using PageLoads<KV_F16, S, uint4>::words;

  __device__ __forceinline__ void add(const float (&p)[KEYS / 8][4], float (&o)[S / 8][4]) const {
#pragma unroll
    for (int i = 0; i < KEYS / 16; i++) {
      uint32_t a[4] = {pack_f16(p[2 * i][0], p[2 * i][1]), pack_f16(p[2 * i][2], p[2 * i][3]), pack_f16(p[2 * i + 1][0], p[2 * i + 1][1]),
          pack_f16(p[2 * i + 1][2], p[2 * i + 1][3])};
#pragma unroll
      for (int h = 0; h < S / 64; h++) {
        const uint4(&four)[4] = words[i][h];
#pragma unroll
        for (int j = 0; j < 8; j++) {
          uint32_t w[4], b[2];
#pragma unroll
          for (int k = 0; k < 4; k++) { w[k] = j / 2 == 0 ? four[k].x : j / 2 == 1 ? four[k].y : j / 2 == 2 ? four[k].z : four[k].w; }
          b[0] = __byte_perm(w[0], w[1], j % 2 ? 0x7632 : 0x5410);
          b[1] = __byte_perm(w[2], w[3], j % 2 ? 0x7632 : 0x5410);
          mma_m16n8k16_f16(o[8 * h + j], a, b);
        }
      }
    }
  }

  __device__ __forceinline__ void forget(int, int) {}
};

template <int S> struct Vectors<KV_Q8, S> : PageLoads<KV_Q8, S, uint2> {
  static constexpr int KEYS = Keys<KV_Q8, S>::KEYS;
  using PageLoads<KV_Q8, S, uint2>::words;
  float2 scales[KEYS / 8];

  __device__ __forceinline__ void load(const unsigned char *head, int slot, int last) {
    PageLoads<KV_Q8, S, uint2>::load(head, slot, last);
    const float2 *two = (const float2 *) (head + 2 * PAGE * S) + (PAGE + slot) / 2 + threadIdx.x % 4;
#pragma unroll
    for (int n = 0; n < KEYS / 8; n++) { scales[n] = two[4 * n]; }
  }

  __device__ __forceinline__ void add(const float (&p)[KEYS / 8][4], float (&o)[S / 8][4]) const {
#pragma unroll
    for (int i = 0; i < KEYS / 16; i++) {
      uint32_t a[4];
#pragma unroll
      for (int k = 0; k < 4; k++) {
        int n = 2 * i + k / 2, row = k % 2 * 2;
        a[k] = pack_bf16(p[n][row] * scales[n].x, p[n][row + 1] * scales[n].y);
      }
#pragma unroll
      for (int h = 0; h < S / 64; h++) {
        const uint2(&two)[4] = words[i][h];
#pragma unroll
        for (int j = 0; j < 8; j += 2) {
          uint32_t low[2], high[2];
          codes_to_bf16(j < 4 ? two[0].x : two[0].y, j < 4 ? two[1].x : two[1].y, low, j % 4);
          codes_to_bf16(j < 4 ? two[2].x : two[2].y, j < 4 ? two[3].x : two[3].y, high, j % 4);
#pragma unroll
          for (int k = 0; k < 2; k++) {
            uint32_t b[2] = {low[k], high[k]};
            mma_m16n8k16_bf16(o[8 * h + j + k], a, b);
          }
        }
      }
    }
  }

  /** Scales behind the last key, where nothing was written yet: weights of zero do not make zeros of them. */
  __device__ __forceinline__ void forget(int slot, int last) {
    int t = threadIdx.x % 4;
#pragma unroll
    for (int n = 0; n < KEYS / 8; n++) {
      if (slot + 8 * n + 2 * t > last) { scales[n].x = 0; }
      if (slot + 8 * n + 2 * t + 1 > last) { scales[n].y = 0; }
    }
  }
};

/** Sixteen rows, of which each lane has a part of two: rows g and g + 8. */
template <int K, int S> struct Rows {
  static constexpr int KEYS = Keys<K, S>::KEYS, CHUNK = Keys<K, S>::CHUNK;
  float by[2], most[2], sum[2], o[S / 8][4];   // scores are powers of two: `by` turns products into them

  /**
   * Goes over the keys from `at` to `to`, at most to the position of the last row. Pages of other warps are left out: so many tokens. query: where each
   * row's query is. position: that of each row; first, last: of the first and the last of all 16.
   */
  __device__ __forceinline__ void attend(const float *const (&query)[2], const Scores &scores, const int (&position)[2], int first, int last, const unsigned long long *pages,
      const int4 &step, long long offset, int kv_head, int at, int to, int left_out) {
    int t = threadIdx.x % 4;
    auto head = [&](int key) { return page(pages, step, key) + offset + kv_head * head_bytes<K>(S); };
    Keys<K, S> keys;
    Vectors<K, S> values;
    if (at < to) {
      const unsigned char *here = head(at);
      keys.load(here, at % PAGE, last - at / PAGE * PAGE);
      values.load(here, at % PAGE, last - at / PAGE * PAGE);
    }
    uint32_t q[S / 16][4];
    queries(query, q);
#pragma unroll
    for (int r = 0; r < 2; r++) {
      by[r] *= scores.softcap > 0 ? scores.scale / scores.softcap : scores.scale * LOG2_E;
      most[r] = -INFINITY; sum[r] = 0;
    }
#pragma unroll
    for (int j = 0; j < S / 8; j++) { o[j][0] = o[j][1] = o[j][2] = o[j][3] = 0; }
    while (at < to) {
      int next = at + KEYS, start = at / PAGE * PAGE;
      if (next % PAGE == 0) { next += left_out; }
      const unsigned char *following = head(next < to ? next : at);
      float p[KEYS / 8][4];
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
        p[n][0] = p[n][1] = p[n][2] = p[n][3] = 0;
#pragma unroll
        for (int s = 0; s < S / 16; s++) {
          uint32_t b[2];
          keys.fragment(n, s, b);
          mma_m16n8k16_f16(p[n], q[s], b);
        }
#pragma unroll
        for (int e = 0; e < 4; e++) {
          p[n][e] *= by[e / 2];
          if (K == KV_Q8) { p[n][e] *= e % 2 ? keys.scales[n].y : keys.scales[n].x; }
        }
      }
      if (next < to) { keys.load(following, next % PAGE, last - next / PAGE * PAGE); }
      if (scores.softcap > 0) {
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) { p[n][e] = scores.softcap * LOG2_E * tanhf(p[n][e]); }
        }
      }
      if (at + KEYS - 1 > first || (scores.window > 0 && at <= last - scores.window)) {
#pragma unroll
        for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
          for (int e = 0; e < 4; e++) {
            int key = at + 8 * n + 2 * t + e % 2, mine = position[e / 2];
            if (key > mine || (scores.window > 0 && key <= mine - scores.window)) { p[n][e] = -INFINITY; }
          }
        }
        values.forget(at - start, last - start);
      }
      weigh(p);
      values.add(p, o);
      if (next < to) { values.load(following, next % PAGE, last - next / PAGE * PAGE); }
      at = next;
    }
#pragma unroll
    for (int r = 0; r < 2; r++) { sum[r] = of_four_sum(sum[r]); }
  }

  static __device__ __forceinline__ float of_four_sum(float v) {
    v += __shfl_xor_sync(~0u, v, 1);
    return v + __shfl_xor_sync(~0u, v, 2);
  }

  static __device__ __forceinline__ float of_four_max(float v) {
    v = fmaxf(v, __shfl_xor_sync(~0u, v, 1));
    return fmaxf(v, __shfl_xor_sync(~0u, v, 2));
  }

private:
  /** Queries as fractions of the largest value of each, so that none is too large or too small for float16. */
  __device__ __forceinline__ void queries(const float *const (&query)[2], uint32_t (&q)[S / 16][4]) {
    int t = threadIdx.x % 4;
    constexpr int STEPS = CHUNK / 16;
    float4 v[2][S / 16];
#pragma unroll
    for (int r = 0; r < 2; r++) {
#pragma unroll
      for (int s = 0; s < S / 16; s++) { v[r][s] = ((const float4 *) query[r])[CHUNK / 4 * (s / STEPS) + STEPS * t + s % STEPS]; }
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float largest = 0;
#pragma unroll
      for (int s = 0; s < S / 16; s++) {
        const float4 &x = v[r][s];
        largest = fmaxf(fmaxf(largest, fmaxf(fabsf(x.x), fabsf(x.y))), fmaxf(fabsf(x.z), fabsf(x.w)));
      }
      by[r] = of_four_max(largest);
      float fraction = by[r] > 0 ? __fdividef(1, by[r]) : 0;
#pragma unroll
      for (int s = 0; s < S / 16; s++) {
        q[s][r] = pack_f16(v[r][s].x * fraction, v[r][s].y * fraction);
        q[s][2 + r] = pack_f16(v[r][s].z * fraction, v[r][s].w * fraction);
      }
    }
  }

  /** Scores become weights; what was summed with other weights before shrinks. */
  __device__ __forceinline__ void weigh(float (&p)[KEYS / 8][4]) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float m = most[r];
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) { m = fmaxf(m, fmaxf(p[n][2 * r], p[n][2 * r + 1])); }
      m = of_four_max(m);
      float base = m == -INFINITY ? 0 : m, shrink = power_of_two(most[r] - base);
      most[r] = m;
      sum[r] *= shrink;
#pragma unroll
      for (int n = 0; n < KEYS / 8; n++) {
#pragma unroll
        for (int e = 2 * r; e < 2 * r + 2; e++) {
          p[n][e] = power_of_two(p[n][e] - base);
          sum[r] += p[n][e];
        }
      }
#pragma unroll
      for (int j = 0; j < S / 8; j++) { o[j][2 * r] *= shrink; o[j][2 * r + 1] *= shrink; }
    }
  }
};

/** Puts 16 values a lane, two lanes a block of 32; index is that of the lane's first. All lanes of the warp take part, and those with `mine` write. */
static __device__ __forceinline__ void put_sixteen(const Output &o, size_t index, const float (&v)[16], bool mine) {
  if (o.floats && mine) {
#pragma unroll
    for (int i = 0; i < 4; i++) { ((float4 *) (o.floats + index))[i] = make_float4(v[4 * i], v[4 * i + 1], v[4 * i + 2], v[4 * i + 3]); }
  }
  if (o.halves && mine) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      ((uint4 *) (o.halves + index))[i] = {pack_bf16(v[8 * i], v[8 * i + 1]), pack_bf16(v[8 * i + 2], v[8 * i + 3]), pack_bf16(v[8 * i + 4], v[8 * i + 5]),
          pack_bf16(v[8 * i + 6], v[8 * i + 7])};
    }
  }
  if (o.codes) {
    float largest = 0;
#pragma unroll
    for (int i = 0; i < 16; i++) { largest = fmaxf(largest, fabsf(v[i])); }
    float d = fmaxf(largest, __shfl_xor_sync(~0u, largest, 1)) / 127;
    uint32_t words[4] = {0, 0, 0, 0};
    int total = 0;
#pragma unroll
    for (int i = 0; i < 16; i++) {
      int q = d > 0 ? __float2int_rn(v[i] / d) : 0;
      total += q;
      words[i / 4] |= (uint32_t) (q & 255) << i % 4 * 8;
    }
    total += __shfl_xor_sync(~0u, total, 1);
    if (mine) {
      *(uint4 *) (o.codes + index) = {words[0], words[1], words[2], words[3]};
      if (index % 32 == 0) { o.scales[index / 32] = make_float2(d, d * total); }
    }
  }
}

/** Sixteen values of a row's sums, from 64h + 16t on: row g, or with r = 1 row g + 8. */
template <int S> static __device__ __forceinline__ void sixteen(const float (&o)[S / 8][4], int h, int r, float (&v)[16]) {
#pragma unroll
  for (int j = 0; j < 8; j++) { v[j] = o[8 * h + j][2 * r]; v[8 + j] = o[8 * h + j][2 * r + 1]; }
}

/**
 * A tile of up to 64 rows of neighbouring tokens of a sequence, for one key-value head: (first token, tokens, step, -). A warp takes 16 of them and
 * goes no further than its last token. Grid (tiles, kv_heads), 128 threads.
 */
template <int K, int S> static __device__ __forceinline__ void flash_tiles(const float *qkv, int heads, int kv_heads, const Scores &scores, const int4 *tiles, const int4 *steps,
    const unsigned long long *pages, long long offset, const float *sinks, const Output &out) {
  int4 tile = tiles[gridDim.x - 1 - blockIdx.x];   // the longest first
  int4 step = steps[tile.z];
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
  int group = heads / kv_heads, rows = tile.y * group, kv_head = blockIdx.y, row0 = threadIdx.x / 32 * 16, start = step.z + tile.x - step.x;
  if (row0 >= rows) { return; }
  const float *query[2];
  int head[2], token[2], position[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    int row = min(row0 + g + 8 * r, rows - 1);
    head[r] = kv_head * group + row % group; token[r] = tile.x + row / group; position[r] = start + row / group;
    query[r] = qkv + ((size_t) token[r] * (heads + 2 * kv_heads) + head[r]) * S;
  }
  int first = start + row0 / group, last = start + min(row0 + 15, rows - 1) / group;
  int at = scores.window > 0 ? max(first - scores.window + 1, 0) / PAGE * PAGE : 0;
  Rows<K, S> w;
  w.attend(query, scores, position, first, last, pages, step, offset, kv_head, at, last + 1, 0);
#pragma unroll
  for (int r = 0; r < 2; r++) {
    float sink = sinks ? sinks[head[r]] * LOG2_E : -INFINITY, most = fmaxf(w.most[r], sink);
    float by = power_of_two(w.most[r] - most);
    by /= w.sum[r] * by + (sinks ? power_of_two(sink - most) : 0);
#pragma unroll
    for (int h = 0; h < S / 64; h++) {
      float v[16];
      sixteen<S>(w.o, h, r, v);
#pragma unroll
      for (int i = 0; i < 16; i++) { v[i] *= by; }
      put_sixteen(out, ((size_t) token[r] * heads + head[r]) * S + 64 * h + 16 * t, v, row0 + g + 8 * r < rows);
    }
  }
}

/**
 * A token of a sequence, for up to 16 query heads of one key-value head and one split of the keys: tiles as above, with the keys of a split as fourth
 * number. Each of 4 warps takes every fourth page of the split. Sums of splits go to `partial` as with other kernels; the block of a token and
 * its heads that comes last adds them up. arrivals: a number for each (token, heads), zero before and after. Grid (tiles, kv_heads * parts of
 * 16 heads, splits), 128 threads.
 */
template <int K, int S> static __device__ __forceinline__ void flash_singles(const float *qkv, int heads, int kv_heads, const Scores &scores, const int4 *tiles, const int4 *steps,
    const unsigned long long *pages, long long offset, const int *partial_at, float *partial, unsigned *arrivals, const float *sinks, const Output &out) {
  constexpr int PITCH = S + 4;
  __shared__ __align__(16) float sums[4][16 * PITCH];
  __shared__ float mosts[4][16], weights[4][16];
  int4 tile = tiles[blockIdx.x], step = steps[tile.z];
  int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4, warp = threadIdx.x / 32;
  int group = heads / kv_heads, parts = (group + 15) / 16, kv_head = blockIdx.y / parts, part = blockIdx.y % parts * 16, rows = min(group - part, 16);
  int first = partial_at[tile.x], splits = partial_at[tile.x + 1] - first;
  int head0 = kv_head * group + part, position = step.z + tile.x - step.x, split = blockIdx.z, from = split * tile.w, to = min(from + tile.w, position + 1);
  if (from > position) { return; }
  if (scores.window > 0) { from = max(from, (position - scores.window + 1) / PAGE * PAGE); }
  const float *query[2];
#pragma unroll
  for (int r = 0; r < 2; r++) { query[r] = qkv + ((size_t) tile.x * (heads + 2 * kv_heads) + head0 + min(g + 8 * r, rows - 1)) * S; }
  Rows<K, S> w;
  w.attend(query, scores, {position, position}, position, position, pages, step, offset, kv_head, from + warp * PAGE, to, 3 * PAGE);
#pragma unroll
  for (int r = 0; r < 2; r++) {
    int row = g + 8 * r;
    if (row < rows) {
#pragma unroll
      for (int h = 0; h < S / 64; h++) {
        float v[16];
        sixteen<S>(w.o, h, r, v);
#pragma unroll
        for (int i = 0; i < 4; i++) { *(float4 *) &sums[warp][row * PITCH + 64 * h + 16 * t + 4 * i] = make_float4(v[4 * i], v[4 * i + 1], v[4 * i + 2], v[4 * i + 3]); }
      }
      if (t == 0) { mosts[warp][row] = w.most[r]; weights[warp][row] = w.sum[r]; }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < rows * S; i += 128) {
    int row = i / S, at = i % S;
    float most = fmaxf(fmaxf(mosts[0][row], mosts[1][row]), fmaxf(mosts[2][row], mosts[3][row])), base = most == -INFINITY ? 0 : most, v = 0, sum = 0;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      float by = power_of_two(mosts[k][row] - base);
      v += by * sums[k][row * PITCH + at];
      sum += by * weights[k][row];
    }
    float *to = partial + ((size_t) (first + split) * heads + head0 + row) * (S + 2);
    to[at] = v;
    if (at == 0) { to[S] = most * LN_2; to[S + 1] = sum; }
  }
  if (!last_of_blocks(arrivals + blockIdx.x * gridDim.y + blockIdx.y, splits)) { return; }
  for (int i = warp; i < rows * (S / 32); i += 4) { add_splits(partial, first, splits, sinks, tile.x, head0 + i / (S / 32), heads, S, i % (S / 32) * 32, out); }
}

#define FLASH(K, S, TILES, SINGLES) \
  GPU_KERNEL_OF(128, TILES, flash_tiles_##K##_##S)(const float *qkv, int heads, int kv_heads, Scores scores, const int4 *tiles, const int4 *steps, const unsigned long long *pages, \
      long long offset, const float *sinks, Output out) \
    { begin_kernel(); flash_tiles<K, S>(qkv, heads, kv_heads, scores, tiles, steps, pages, offset, sinks, out); } \
  GPU_KERNEL_OF(128, SINGLES, flash_singles_##K##_##S)(const float *qkv, int heads, int kv_heads, Scores scores, const int4 *tiles, const int4 *steps, const unsigned long long *pages, \
      long long offset, const int *partial_at, float *partial, unsigned *arrivals, const float *sinks, Output out) \
    { begin_kernel(); flash_singles<K, S>(qkv, heads, kv_heads, scores, tiles, steps, pages, offset, partial_at, partial, arrivals, sinks, out); }
FLASH(KV_F16, 64, 3, 3) FLASH(KV_F16, 128, 2, 2) FLASH(KV_Q8, 64, 3, 4) FLASH(KV_Q8, 128, 2, 2)
