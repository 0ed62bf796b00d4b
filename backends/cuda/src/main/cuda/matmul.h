/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Matrices times many columns on tensor cores: weights of any type become bfloat16 in shared memory, sums are float.
//
// A block of 128 threads makes 64 rows x 64 columns; each of its 4 warps 32 x 32. tiles (or null: columns follow one another): for
// each blockIdx.y which of the matrices stacked in w, where its columns start in order, and how many they are; order[i] is an entry,
// whose column is entry / share and whose output is row entry of y.
#pragma once
#include "blocks.h"

enum { ROWS = 64, COLUMNS = 64, DEPTH = 64, PITCH = DEPTH + 8 };   // the pitch keeps eight rows of ldmatrix in different banks

/** A block of 32 values on its way from global to shared memory. */
template <int T> struct Flight {
  Codes codes;
  __device__ __forceinline__ void load(const Weights &w, size_t block) { read<T>(w, block, codes); }
  __device__ __forceinline__ void clear() {
    for (int i = 0; i < 8; i++) { codes.q[i] = 0; }
    codes.all(0, 0);
  }
  __device__ __forceinline__ void store(__nv_bfloat16 *to) const {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      ((uint4 *) to)[i] = {pack_bf16(value(codes, 8 * i), value(codes, 8 * i + 1)), pack_bf16(value(codes, 8 * i + 2), value(codes, 8 * i + 3)),
          pack_bf16(value(codes, 8 * i + 4), value(codes, 8 * i + 5)), pack_bf16(value(codes, 8 * i + 6), value(codes, 8 * i + 7))};
    }
  }
};
template <int T> struct PlainFlight {
  uint4 words[4];
  __device__ __forceinline__ void load(const Weights &w, size_t block) {
    if (T == BF16) {
#pragma unroll
      for (int i = 0; i < 4; i++) { words[i] = __ldg((const uint4 *) w.codes + block * 4 + i); }
    } else {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        float v[8];
        eight<T>(w.codes, block * 32 + 8 * i, v);
        words[i] = {pack_bf16(v[0], v[1]), pack_bf16(v[2], v[3]), pack_bf16(v[4], v[5]), pack_bf16(v[6], v[7])};
      }
    }
  }
  __device__ __forceinline__ void clear() {
    for (int i = 0; i < 4; i++) { words[i] = {0, 0, 0, 0}; }
  }
  __device__ __forceinline__ void store(__nv_bfloat16 *to) const {
#pragma unroll
    for (int i = 0; i < 4; i++) { ((uint4 *) to)[i] = words[i]; }
  }
};
template <> struct Flight<BF16> : PlainFlight<BF16> {};
template <> struct Flight<F16> : PlainFlight<F16> {};
template <> struct Flight<F32> : PlainFlight<F32> {};

template <int T> static __device__ __forceinline__ void matmul(const Weights &w, const __nv_bfloat16 *__restrict__ x, float *__restrict__ y,
    const float *__restrict__ bias, int rows, int columns, int n, int stride, const int4 *__restrict__ tiles, const int *__restrict__ order, int share) {
  __shared__ __align__(16) __nv_bfloat16 a[ROWS * PITCH], b[COLUMNS * PITCH];
  int4 tile = tiles ? tiles[blockIdx.y] : int4{0, (int) blockIdx.y * COLUMNS, min(n - (int) blockIdx.y * COLUMNS, (int) COLUMNS), 0};
  if (tile.z <= 0) { return; }
  int row0 = blockIdx.x * ROWS, lane = threadIdx.x % 32, warp = threadIdx.x / 32, depth = columns / 32;
  int my_row = row0 + (int) threadIdx.x / 2, my_half = threadIdx.x % 2;
  size_t base = ((size_t) tile.x * rows + my_row) * depth;
  auto entry = [&](int c) { return order ? order[tile.y + c] : tile.y + c; };
  const __nv_bfloat16 *from[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int c = (int) threadIdx.x / 8 + 16 * i;
    from[i] = c < tile.z ? x + (size_t) (entry(c) / share) * columns : nullptr;
  }
  int wm = warp % 2 * 32, wn = warp / 2 * 32;
  float d[2][4][4];
#pragma unroll
  for (int m = 0; m < 2; m++) {
#pragma unroll
    for (int c = 0; c < 4; c++) { d[m][c][0] = d[m][c][1] = d[m][c][2] = d[m][c][3] = 0; }
  }
  Flight<T> flight;
  uint4 columns_in_flight[4];
  auto load = [&](int k) {
    if (my_row < rows && k + my_half < depth) { flight.load(w, base + k + my_half); } else { flight.clear(); }
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int at = k * 32 + (int) threadIdx.x % 8 * 8;
      columns_in_flight[i] = from[i] && at < columns ? __ldg((const uint4 *) (from[i] + at)) : uint4{0, 0, 0, 0};
    }
  };
  load(0);
  for (int k = 0; k < depth; k += 2) {
    flight.store(a + threadIdx.x / 2 * PITCH + my_half * 32);
#pragma unroll
    for (int i = 0; i < 4; i++) { *(uint4 *) (b + (threadIdx.x / 8 + 16 * i) * PITCH + threadIdx.x % 8 * 8) = columns_in_flight[i]; }
    __syncthreads();
    if (k + 2 < depth) { load(k + 2); }
    if (wn < tile.z) {
#pragma unroll
      for (int s = 0; s < DEPTH; s += 16) {
        uint32_t fa[2][4], fb[2][4];
#pragma unroll
        for (int m = 0; m < 2; m++) { ldmatrix_x4(fa[m], a + (wm + 16 * m + lane % 16) * PITCH + s + lane / 16 * 8); }
#pragma unroll
        for (int c = 0; c < 2; c++) { ldmatrix_x4(fb[c], b + (wn + 16 * c + lane / 16 * 8 + lane % 8) * PITCH + s + lane / 8 % 2 * 8); }
#pragma unroll
        for (int c = 0; c < 4; c++) {
          if (wn + 8 * c >= tile.z) { break; }
          uint32_t two[2] = {fb[c / 2][c % 2 * 2], fb[c / 2][c % 2 * 2 + 1]};
          mma_m16n8k16_bf16(d[0][c], fa[0], two);
          mma_m16n8k16_bf16(d[1][c], fa[1], two);
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int c = 0; c < 4; c++) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      int column = wn + 8 * c + lane % 4 * 2 + h;
      if (column >= tile.z) { continue; }
      float *to = y + (size_t) entry(column) * stride;
#pragma unroll
      for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int g = 0; g < 2; g++) {
          int row = row0 + wm + 16 * m + 8 * g + lane / 4;
          if (row < rows) { to[row] = d[m][c][2 * g + h] + (bias ? bias[(size_t) tile.x * rows + row] : 0); }
        }
      }
    }
  }
}
