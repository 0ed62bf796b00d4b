/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What kernels include: CUDA's own headers under nvcc, the CPU stand-in under g++/clang++.
#pragma once
#include <stdint.h>
#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define GPU_KERNEL(name) extern "C" __global__ void name
/** For blocks of so many threads, of which so many are to be on a multiprocessor at once: that bounds the registers. */
#define GPU_KERNEL_OF(threads, blocks, name) extern "C" __global__ void __launch_bounds__(threads, blocks) name
/**
 * In each kernel before all else, but for loads of weights (fetch): what the kernel in front has left is not touched before it. It leaves a mark in the PTX, which the
 * backend turns into a wait where the device begins a kernel before the one in front of it has ended. What kernels before that one have left is there already, see Ptx.java.
 */
static __device__ __forceinline__ void begin_kernel() { asm volatile("// begin_kernel" ::: "memory"); }
/** Has what lies at an address on its way to the cache; weights do not change, so that this may stand before begin_kernel(). */
static __device__ __forceinline__ void prefetch(const void *at) { asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(at))); }
/** An address that was read from memory: without this the compiler does not know that it is no shared memory. */
template <class T> static __device__ __forceinline__ T *in_global(T *at) {
  __builtin_assume(__isGlobal(at));
  return at;
}
/**
 * A barrier of a block's threads that tells whether this block is the last of `all` to come here: then it sees what all of them have written before.
 * count is zero before, and after the last.
 */
static __device__ __forceinline__ bool last_of_blocks(unsigned *count, unsigned all) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0) {
    unsigned before = 0;
    if (all > 1) { asm volatile("atom.acq_rel.gpu.global.inc.u32 %0, [%1], %2;" : "=r"(before) : "l"(__cvta_generic_to_global(count)), "r"(all - 1) : "memory"); }
    last = before == all - 1;
  }
  __syncthreads();
  return last;
}
/**
 * Loads of weights. They keep their order among each other and stay in front of begin_kernel() where they stand there, so that all that a lane needs is on its way
 * before the first of it is used.
 */
static __device__ __forceinline__ uint4 fetch(const uint4 *at) {
  uint4 v;
  asm volatile("ld.global.nc.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(__cvta_generic_to_global(at)));
  return v;
}
static __device__ __forceinline__ uint2 fetch(const uint2 *at) {
  uint2 v;
  asm volatile("ld.global.nc.v2.u32 {%0,%1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(__cvta_generic_to_global(at)));
  return v;
}
static __device__ __forceinline__ uint32_t fetch(const uint32_t *at) {
  uint32_t v;
  asm volatile("ld.global.nc.u32 %0, [%1];" : "=r"(v) : "l"(__cvta_generic_to_global(at)));
  return v;
}
static __device__ __forceinline__ uint32_t fetch(const uint16_t *at) {
  uint32_t v;
  asm volatile("ld.global.nc.u16 %0, [%1];" : "=r"(v) : "l"(__cvta_generic_to_global(at)));
  return v;
}
static __device__ __forceinline__ uint32_t fetch(const uint8_t *at) {
  uint32_t v;
  asm volatile("ld.global.nc.u8 %0, [%1];" : "=r"(v) : "l"(__cvta_generic_to_global(at)));
  return v;
}
/** A load in front of begin_kernel() of what a kernel has left that has ended: from where all multiprocessors see the same, as this one may have kept what was there before. */
static __device__ __forceinline__ int fetch_left(const int *at) {
  int v;
  asm volatile("ld.relaxed.gpu.global.s32 %0, [%1];" : "=r"(v) : "l"(__cvta_generic_to_global(at)));
  return v;
}
static __device__ __forceinline__ unsigned long long fetch_left(const unsigned long long *at) {
  unsigned long long v;
  asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(v) : "l"(__cvta_generic_to_global(at)));
  return v;
}
#else
#include "gpu_cpu.h"
#endif

// Warp-wide tensor core steps. Fragments as in the PTX ISA: lane = 4*g + t.
//   m16n8k16: a0,a1 = A[g][2t..], A[g+8][2t..]; a2,a3 the same at column +8; b0,b1 = B[2t..][g], B[2t+8..][g]; d0,d1 = D[g][2t,2t+1]; d2,d3 = D[g+8][..]
#ifdef __CUDACC__
static __device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}
static __device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
  uint32_t r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}
static __device__ __forceinline__ void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}
static __device__ __forceinline__ uint32_t pack_f16(float low, float high) {
  uint32_t r;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}
/** Differences of two pairs. */
static __device__ __forceinline__ uint32_t subtract_f16(uint32_t a, uint32_t b) {
  uint32_t r;
  asm("sub.f16x2 %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
static __device__ __forceinline__ uint32_t subtract_bf16(uint32_t a, uint32_t b) {
  uint32_t r;
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(r) : "r"(b), "r"(0xbf80bf80), "r"(a));   // minus one
  return r;
}
/** Two to the power of x, to a few units of the last place. */
static __device__ __forceinline__ float power_of_two(float x) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
/** Begins to copy 16 bytes, or to clear them; end_copies() ends a group of such copies, await_copies<N>() waits for all of this thread's groups but the last N. */
static __device__ __forceinline__ void copy_async(void *shared, const void *global, bool there) {
  uint32_t s = (uint32_t) __cvta_generic_to_shared(shared);
  asm volatile("cp.async.cg.shared.global [%0],[%1],16,%2;" ::"r"(s), "l"(__cvta_generic_to_global(global)), "r"(there ? 16 : 0) : "memory");
}
static __device__ __forceinline__ void end_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> static __device__ __forceinline__ void await_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }
#endif
