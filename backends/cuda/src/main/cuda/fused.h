/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Products of one column with what comes behind them, so that a token takes fewer launches: gates, and short convolutions with their
// states. A block makes 32 values, as many as are quantised together.
#pragma once
#include "matvec.h"
#include "norm.h"

enum { TOGETHER = 32, GATED_WARPS = 8, CONV_WARPS = 16, MOST_TAPS = 32, MOST_CONV = 4 * 32 * CONV_WARPS };   // a four of the row a thread

/** The values of a block, to where the next kernel reads them. */
static __device__ __forceinline__ void put_together(const Output &o, size_t first, const float *values) {
  __syncthreads();
  if (threadIdx.x < TOGETHER) { put(o, first + threadIdx.x, values[threadIdx.x]); }
}

/** How many of a warp's values, of ROWS rows each, are loaded at once: as many as fit into 64 registers. */
template <int T, int ROWS, int EACH> struct AtOnce {
  enum { ROOM = 64 / (ROWS * Lanes<T>::REGISTERS), VALUES = ROOM >= EACH ? EACH : ROOM >= 2 && EACH > 2 ? 2 : 1 };
};

/**
 * Gate of rows [0, inner) and up behind it. With ids: blockIdx.y is the entry, its matrix the ids[entry]-th of those stacked in w, its column
 * entry / share. Grid (inner / 32, entries).
 */
template <int T, class X> static __device__ __forceinline__ void gated(const Weights &w, const X &x, const float *bias, int inner, int columns, const int *ids,
    int share, Gate gate, const Output &o) {
  enum { EACH = TOGETHER / GATED_WARPS, V = AtOnce<T, 2, EACH>::VALUES, R = 2 * V };
  __shared__ float values[TOGETHER];
  int mine = (int) threadIdx.x / 32 * EACH, units = columns / Lanes<T>::VALUES;
  size_t matrix = 0, base[R];
  auto begin_at = [&](int from) {   // row numbers, then units
#pragma unroll
    for (int v = 0; v < V; v++) {
      base[2 * v] = (matrix * 2 * inner + blockIdx.x * TOGETHER + mine + from + v) * units;
      base[2 * v + 1] = base[2 * v] + (size_t) inner * units;
    }
  };
  Loaded<T, R> rows;
  if (!ids) {
    begin_at(0);
    rows.load(w, base, units, 0);
    for (int v = 0; v < EACH; v++) {
      size_t row = (size_t) (blockIdx.x * TOGETHER + mine + v) * units;
      prefetch_row<T>(w, row, units, v < V ? Lanes<T>::TOGETHER : 0);
      prefetch_row<T>(w, row + (size_t) inner * units, units, v < V ? Lanes<T>::TOGETHER : 0);
    }
  }
  begin_kernel();
  size_t column[1] = {0};
  if (ids) {
    matrix = ids[blockIdx.y];
    begin_at(0);
    rows.load(w, base, units, 0);
    column[0] = (size_t) (blockIdx.y / share) * units;
  }
#pragma unroll
  for (int from = 0; from < EACH; from += V) {
    if (from > 0) {
      begin_at(from);
      rows.load(w, base, units, 0);
    }
    float sum[R][1], plus[R];
#pragma unroll
    for (int r = 0; r < R; r++) { plus[r] = bias ? bias[matrix * 2 * inner + r % 2 * inner + blockIdx.x * TOGETHER + mine + from + r / 2] : 0; }
    dots<T, 1, R>(w, base, rows, x, column, units, sum);
#pragma unroll
    for (int v = 0; v < V; v++) {
      float g = warp_sum(sum[2 * v][0]) + plus[2 * v], u = warp_sum(sum[2 * v + 1][0]) + plus[2 * v + 1];
      if (threadIdx.x % 32 == 0) { values[mine + from + v] = gate(g, u); }
    }
  }
  put_together(o, (size_t) blockIdx.y * inner + blockIdx.x * TOGETHER, values);
}

/** States of short convolutions: where a step reads one and writes one, [size - 1][width] floats at an offset, oldest first. At most MOST_TAPS taps. */
struct Taps {
  const float *taps;
  int size;
  const unsigned long long *from, *to;
  long long offset;
};

/** A row in shared memory, in the form that products read. */
template <class X> struct Row;
template <> struct Row<Coded> {
  __align__(16) int8_t codes[MOST_CONV];
  float2 scales[MOST_CONV / 32];
  __device__ __forceinline__ Output output() { return Output{nullptr, codes, scales, nullptr}; }
  __device__ __forceinline__ Coded column() const { return Coded{codes, scales}; }
};
template <> struct Row<Floats> {
  __align__(16) float values[MOST_CONV];
  __device__ __forceinline__ Output output() { return Output{values, nullptr, nullptr, nullptr}; }
  __device__ __forceinline__ Floats column() const { return Floats{values}; }
};

/**
 * Short convolution of one token, with the sum and the norm in front: y = c * convolution of u, u = b * x; rows [0, width) are b, then c, then x. A block makes the
 * normed row itself, and leaves its part of the stream in another place, as others may still read this one. Grid width / 32,
 * of which there are MOST_CONV / 32 at most.
 */
template <int T, class X> static __device__ __forceinline__ void conv(const Weights &w, const float *h, float *stream, const Part &part, const Norm &norm,
    const float *bias, int width, const Taps &taps, const Output &o) {
  enum { EACH = TOGETHER / CONV_WARPS, V = AtOnce<T, 3, EACH>::VALUES, R = 3 * V };
  __shared__ float values[TOGETHER];
  __shared__ Row<X> normed;
  int mine = blockIdx.x * TOGETHER + (int) threadIdx.x / 32 * EACH, lane = threadIdx.x % 32, units = width / Lanes<T>::VALUES;
  size_t base[R];
  float4 weight[1], row[1];
  auto begin_at = [&](int from) {
#pragma unroll
    for (int r = 0; r < R; r++) { base[r] = (size_t) (r % 3 * width + mine + from + r / 3) * units; }
  };
  Loaded<T, R> rows;
  begin_at(0);
  rows.load(w, base, units, 0);
#pragma unroll
  for (int r = 0; r < 3 * EACH; r++) {
    prefetch_row<T>(w, (size_t) (r % 3 * width + mine + r / 3) * units, units, r < R ? Lanes<T>::TOGETHER : 0);
  }
  fetch_norm<32 * CONV_WARPS>(norm, width, weight);
  // lane j has tap j, and what the state holds for it; where states lie was copied before the pass
  const float *before = (const float *) (fetch_left(taps.from) + taps.offset);
  float *after = (float *) (fetch_left(taps.to) + taps.offset), tap[EACH], held[EACH];
#pragma unroll
  for (int v = 0; v < EACH; v++) { tap[v] = lane < taps.size ? __int_as_float((int) fetch((const uint32_t *) taps.taps + (size_t) (mine + v) * taps.size + lane)) : 0; }
  begin_kernel();
  add_part<32 * CONV_WARPS>(h, part, 0, width, row);
#pragma unroll
  for (int v = 0; v < EACH; v++) { held[v] = lane < taps.size - 1 ? before[(size_t) lane * width + mine + v] : 0; }
  if (threadIdx.x / (TOGETHER / 4) == blockIdx.x) { ((float4 *) stream)[threadIdx.x] = row[0]; }
  norm_row<32 * CONV_WARPS>(row, norm, weight, width);
  put_four(normed.output(), 4 * threadIdx.x, row[0], (int) threadIdx.x < width / 4);
  __syncthreads();
  X x = normed.column();
  size_t column[1] = {0};
#pragma unroll
  for (int from = 0; from < EACH; from += V) {
    if (from > 0) {
      begin_at(from);
      rows.load(w, base, units, 0);
    }
    float sum[R][1], plus[R];
#pragma unroll
    for (int r = 0; r < R; r++) { plus[r] = bias ? bias[r % 3 * width + mine + from + r / 3] : 0; }
    dots<T, 1, R>(w, base, rows, x, column, units, sum);
#pragma unroll
    for (int v = 0; v < V; v++) {
      int channel = mine + from + v;
      float bcx[3], y = 0;
#pragma unroll
      for (int part = 0; part < 3; part++) { bcx[part] = warp_sum(sum[3 * v + part][0]) + plus[3 * v + part]; }
      float u = lane == taps.size - 1 ? bcx[0] * bcx[2] : held[from + v];
      for (int j = 0; j < taps.size; j++) { y += __shfl_sync(~0u, tap[from + v], j) * __shfl_sync(~0u, u, j); }
      if (lane > 0 && lane < taps.size) { after[(size_t) (lane - 1) * width + channel] = u; }
      if (lane == 0) { values[threadIdx.x / 32 * EACH + from + v] = y * bcx[1]; }
    }
  }
  put_together(o, (size_t) blockIdx.x * TOGETHER, values);
}
