/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Matrices times many columns on tensor cores: weights of any type become bfloat16, sums are float.
//
// A block of 4 warps makes M x 64 rows x up to N columns. A warp has 16 M rows and all columns, so that a weight is unpacked once, into
// the registers that the tensor cores read; columns come through shared memory. tiles (or null: columns follow one another): for each
// blockIdx.y which of the matrices stacked in w, where its columns start in order, and how many they are; order[i] is an entry, whose
// column is entry / share and whose output is row entry of y.
//
// Which value is which in a fragment is free, as long as weights and columns agree. Four lanes share a row. Of 128 values of it, each
// has 32, in four pieces of 8: a block of its own where weights are quantised, every fourth piece where they are plain. Piece after piece
// is multiplied, always in this order: so the bits of a result depend on its row and its column alone, not on M, N and the company.
// In the same way lane group g has rows 2 M g and those that follow, which it stores as one vector. Or it has M rows of a gate and the
// same ones of up, which lie half a matrix further: then silu(gate) * up is what is stored, as bfloat16.
#pragma once
#include "matvec.h"

enum { WARPS = 4, SPAN = 128, SLOTS = 3 };   // values of a row at a time; half of it fills a slot for columns, of which two are on their way

/** Four lanes' share of a row on its way to the tensor cores: this lane's piece after piece. */
template <int T> struct Flight {
  enum { NEXT = 4, PIECE = 1 };   // pieces from a lane to the next one, and from a piece to the lane's next
  Raw now, next;
  __device__ __forceinline__ void begin(const Weights &w, size_t row, int depth) { load<T>(w, row + min((int) threadIdx.x % 4, depth - 1), next); }
  /** Goes on to the span that begins with a block. */
  __device__ __forceinline__ void turn(const Weights &w, size_t row, int block, int depth) {
    now = next;
    load<T>(w, row + min(block + 4 + (int) threadIdx.x % 4, depth - 1), next);
  }
  /** A piece of the span that begins with a block, in two steps of four values. */
  __device__ __forceinline__ void take(int piece, const Weights &, size_t, int, int, uint2 (&steps)[2]) {
    Codes codes;   // only what is used of them is made: as they came they take fewer registers
    unpack<T>(now, codes);
#pragma unroll
    for (int s = 0; s < 2; s++) {
      float v[4];
#pragma unroll
      for (int i = 0; i < 4; i++) { v[i] = number(codes, 2 * piece + s, i); }
      steps[s] = {pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3])};
    }
  }
  /** Value 4 * word + i: bytes become the lowest bits of a float, which takes no conversion. Rounded once, in blocks of every size. */
  __device__ __forceinline__ static float number(const Codes &codes, int word, int i) {
    float scale = codes.scale[word / 4], offset = codes.offset[word / 4];
    uint32_t q = (uint32_t) codes.q[word];
    if (T == Q8_0 || T == IQ4_NL || T == IQ4_XS || T == MXFP4 || T == Q3_K || T == Q6_K) {   // signed
      return fmaf(scale, __int_as_float((int) __byte_perm(q ^ 0x80808080, 0x4b000000, 0x7440 + i)) - 8388736, offset);
    }
    return fmaf(scale, __int_as_float((int) __byte_perm(q, 0x43000000, 0x7044 + 256 * i)), offset - 128 * scale);
  }
};
template <int T> struct PlainFlight {
  enum { NEXT = 1, PIECE = 4, AHEAD = T == F32 ? 1 : 2 };   // floats are rounded as they come, which waits for them
  uint4 words[AHEAD];
  __device__ __forceinline__ void fetch(int piece, const Weights &w, size_t row, int block, int depth) {
    size_t at = (row + min(block + piece, depth - 1)) * 4 + threadIdx.x % 4;
    if (T == F32) {
      float v[8];
      eight<F32>(w.codes, 8 * at, v);
      words[piece % AHEAD] = {pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7])};
    } else {
      words[piece % AHEAD] = __ldg((const uint4 *) w.codes + at);
    }
  }
  __device__ __forceinline__ void begin(const Weights &w, size_t row, int depth) {
#pragma unroll
    for (int piece = 0; piece < AHEAD; piece++) { fetch(piece, w, row, 0, depth); }
  }
  __device__ __forceinline__ void turn(const Weights &, size_t, int, int) {}
  __device__ __forceinline__ static uint32_t two(uint32_t bits) {
    if (T != F16) { return bits; }
    float2 v = halves_of(bits);
    return pack_bf16(v.x, v.y);
  }
  __device__ __forceinline__ void take(int piece, const Weights &w, size_t row, int block, int depth, uint2 (&steps)[2]) {
    uint4 v = words[piece % AHEAD];
    steps[0] = {two(v.x), two(v.y)};
    steps[1] = {two(v.z), two(v.w)};
    fetch(piece + AHEAD, w, row, block, depth);
  }
};
template <> struct Flight<BF16> : PlainFlight<BF16> {};
template <> struct Flight<F16> : PlainFlight<F16> {};
template <> struct Flight<F32> : PlainFlight<F32> {};

/** The sums of a block; all threads take part. rows: the first blocks of two times M rows, step: blocks to the next one. ring: room for SLOTS x N x 8 pieces. from: the first piece of this thread's columns. */
template <int T, int M, int N> static __device__ __forceinline__ void sums(const Weights &w, size_t matrix, const unsigned (&rows)[2], const unsigned (&step)[2], const uint4 *__restrict__ x,
    const unsigned (&from)[N / 16], int depth, uint4 *ring, float (&d)[M][N / 8][4]) {
  int lane = threadIdx.x % 32, stages = (depth + 3) / 4 * 2;
  // A slot has the halves that four lanes read, 8 pieces for each column: for each of the half's two pieces, lane by lane. Odd columns
  // have them the other way round, so that 8 lanes read different banks.
  int part = threadIdx.x % 8, own = part % 4, second = part / 4;
  uint4 *to = ring + threadIdx.x / 8 * 8 + (part ^ threadIdx.x / 8 % 2 * 4);
  auto copy = [&](int stage, int slot) {
    int at = own * Flight<T>::NEXT + second * Flight<T>::PIECE + stage / 2 * 16 + stage % 2 * 2 * Flight<T>::PIECE;
    bool there = at < 4 * depth;   // what is beyond the row is zero, and so are its products
#pragma unroll
    for (int i = 0; i < N / 16; i++) { copy_async(to + (slot * N + 16 * i) * 8, x + (from[i] + (unsigned) (there ? at : 0)), there); }
    end_copies();
  };
  Flight<T> flights[2 * M];
#pragma unroll
  for (int r = 0; r < 2 * M; r++) { flights[r].begin(w, matrix + rows[r / M] + r % M * step[r / M], depth); }
  copy(0, 0);
  copy(1, 1);
  int slot = 0;
  for (int stage = 0; stage < stages; stage += 2) {
    // in front of the barrier, so that the compiler cannot put the loads off until registers are free
#pragma unroll
    for (int r = 0; r < 2 * M; r++) { flights[r].turn(w, matrix + rows[r / M] + r % M * step[r / M], 2 * stage, depth); }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      await_copies<1>();
      __syncthreads();   // the slot is there for all, and all have done with the one that is filled next
      int free = slot == 0 ? SLOTS - 1 : slot - 1;
      copy(stage + half + 2, free);
      const uint4 *b = ring + (slot * N + lane / 4) * 8;
#pragma unroll
      for (int p = 0; p < 2; p++) {
        uint2 a[2 * M][2];
#pragma unroll
        for (int r = 0; r < 2 * M; r++) { flights[r].take(2 * half + p, w, matrix + rows[r / M] + r % M * step[r / M], 2 * stage, depth, a[r]); }
        int at = (lane % 4 + 4 * p) ^ lane / 4 % 2 * 4;
#pragma unroll
        for (int c = 0; c < N / 8; c += 4) {
          uint4 v[4];
#pragma unroll
          for (int i = 0; i < 4 && c + i < N / 8; i++) { v[i] = b[(c + i) * 64 + at]; }
#pragma unroll
          for (int s = 0; s < 2; s++) {
#pragma unroll
            for (int i = 0; i < 4 && c + i < N / 8; i++) {
              uint32_t fb[2] = {s ? v[i].z : v[i].x, s ? v[i].w : v[i].y};
#pragma unroll
              for (int m = 0; m < M; m++) {
                uint32_t fa[4] = {a[2 * m][s].x, a[2 * m + 1][s].x, a[2 * m][s].y, a[2 * m + 1][s].y};
                mma_m16n8k16_bf16(d[m][c + i], fa, fb);
              }
            }
          }
        }
      }
      slot = slot == SLOTS - 1 ? 0 : slot + 1;
    }
  }
  await_copies<0>();
}

/** Has the beginnings of a block's rows on their way to the cache; of blocks that share rows, the first does it. */
template <int T, int ROWS> static __device__ __forceinline__ void prefetch_rows(const Weights &w, int rows, int columns) {
  if (blockIdx.y > 0) { return; }
  int units = columns / Lanes<T>::VALUES;
  for (int row = (int) (blockIdx.x * ROWS + threadIdx.x / 32), r = 0; r < ROWS && row < rows; r += WARPS, row += WARPS) {
    prefetch_row<T>(w, (size_t) row * units, min(units, 1024 / Lanes<T>::CODE_BYTES), 0);
  }
}

/** What a block works on. */
struct Product {
  const Weights &w;
  const __nv_bfloat16 *x;
  float *y;
  const float *bias;
  int rows, columns, stride;
  const int *order;
  int share;
  int4 tile;
  __nv_bfloat16 *gated;
  __device__ __forceinline__ int entry(int c) const { return order ? order[tile.y + c] : tile.y + c; }
};

static __device__ __forceinline__ void store(float *to, const float (&v)[2]) { *(float2 *) to = make_float2(v[0], v[1]); }
static __device__ __forceinline__ void store(float *to, const float (&v)[4]) { *(float4 *) to = make_float4(v[0], v[1], v[2], v[3]); }

static __device__ __forceinline__ void store(__nv_bfloat16 *to, const float (&v)[1]) { *to = __float2bfloat16(v[0]); }
static __device__ __forceinline__ void store(__nv_bfloat16 *to, const float (&v)[2]) { *(uint32_t *) to = pack_bf16(v[0], v[1]); }

template <int T, int M, int N> static __device__ __forceinline__ void block(const Product &p, uint4 *ring, int *entries) {
  int lane = threadIdx.x % 32, depth = p.columns / 32, group = (blockIdx.x * WARPS + threadIdx.x / 32) * 8 + lane / 4;
  int most = p.gated ? p.rows / 2 : p.rows, first = group * (p.gated ? M : 2 * M), second = p.gated ? most + first : first + M;
  unsigned rows[2], step[2];   // lanes beyond the end take the last row, and store nothing
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int row = p.gated ? min(first, most - 1) + i * most : min(first + i * M, most - 1);
    rows[i] = (unsigned) row * depth;
    step[i] = row + 1 < p.rows ? depth : 0;
  }
  if (threadIdx.x < N) { entries[threadIdx.x] = p.entry(min((int) threadIdx.x, p.tile.z - 1)); }   // for the end, behind barriers
  unsigned from[N / 16];
#pragma unroll
  for (int i = 0; i < N / 16; i++) { from[i] = (unsigned) (p.entry(min((int) threadIdx.x / 8 + 16 * i, p.tile.z - 1)) / p.share) * (p.columns / 8); }
  float d[M][N / 8][4];
#pragma unroll
  for (int m = 0; m < M; m++) {
#pragma unroll
    for (int c = 0; c < N / 8; c++) { d[m][c][0] = d[m][c][1] = d[m][c][2] = d[m][c][3] = 0; }
  }
  sums<T, M, N>(p.w, (size_t) p.tile.x * p.rows * depth, rows, step, (const uint4 *) p.x, from, depth, ring, d);
  float bias[2 * M];
#pragma unroll
  for (int r = 0; r < 2 * M; r++) {
    int row = (r < M ? first : second) + r % M;
    bias[r] = p.bias && row < p.rows ? p.bias[(size_t) p.tile.x * p.rows + row] : 0;
  }
  bool whole = first + 2 * M <= p.rows && ((size_t) p.y | 4 * (unsigned) p.stride) % (8 * M) == 0;
#pragma unroll
  for (int c = 0; c < N / 8; c++) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int column = 8 * c + lane % 4 * 2 + h;
      size_t entry = entries[column];
      float v[2 * M];
#pragma unroll
      for (int r = 0; r < 2 * M; r++) { v[r] = d[r / 2][c][r % 2 * 2 + h] + bias[r]; }
      if (p.gated) {
        float g[M];
#pragma unroll
        for (int i = 0; i < M; i++) { g[i] = Gate{0, 0, 0}(v[i], v[M + i]); }
        if (column < p.tile.z && first < most) { store(p.gated + entry * most + first, g); }
      } else if (whole) {
        if (column < p.tile.z) { store(p.y + entry * p.stride + first, v); }
      } else {
#pragma unroll
        for (int r = 0; r < 2 * M; r++) {
          if (column < p.tile.z && first + r < p.rows) { p.y[entry * p.stride + first + r] = v[r]; }
        }
      }
    }
  }
}

/** Blocks of M x 64 rows and up to N columns. gated (or null): where silu(gate) * up goes, if rows are a gate with up behind it, half of them each. */
template <int T, int M, int N> static __device__ __forceinline__ void matmul(const Weights &w, const __nv_bfloat16 *__restrict__ x, float *__restrict__ y,
    const float *__restrict__ bias, int rows, int columns, int n, int stride, const int4 *__restrict__ tiles, const int *__restrict__ order, int share,
    __nv_bfloat16 *__restrict__ gated) {
  constexpr int FEWER = (N / 16 + 1) / 2 * 16;   // known to the compiler, so that no branch stands between products
  __shared__ uint4 ring[SLOTS * N * 8];
  __shared__ int entries[N];
  int4 tile = tiles ? tiles[blockIdx.y] : int4{0, (int) blockIdx.y * N, min(n - (int) blockIdx.y * N, N), 0};
  if (tile.z <= 0) { return; }
  Product p = {w, x, y, bias, rows, columns, stride, order, share, tile, gated};
  if (tile.z <= FEWER) {
    block<T, M, FEWER>(p, ring, entries);
  } else {
    block<T, M, N>(p, ring, entries);
  }
}
